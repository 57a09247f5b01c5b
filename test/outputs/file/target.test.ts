import { expect, test } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { Record } from '../../../src/event/record.ts'
import { Target } from '../../../src/outputs/file/target.ts'
import { TEN, makeBatch } from '../../event/make-batch.ts'

function pathOf(path: string | undefined, file: string | undefined, body: object, tag = 'kube.x', enable_strftime = false): string | undefined {
  const pool = new Pool()
  const target = new Target({ path, file, enable_strftime }, pool)
  const record = new Record(pool)
  makeBatch([{ body }]).open(0, record)
  return target.pathOf(record, tag, TEN)
}

test('the file is made of path, name, tag and record', () => {
  expect(pathOf('/a', undefined, {})).toBe('/a/kube.x')
  expect(pathOf(undefined, 'b', {})).toBe('./b')
  expect(pathOf('/a/$TAG[1]', "$k['n'].log", { k: { n: 'y' } })).toBe('/a/x/y.log')
  expect(pathOf('/a', '$n', {})).toBeUndefined()
  expect(pathOf('/a', '%Y-$n', { n: '%m' }, 't', true)).toBe('/a/2026-11')
})

test('a record cannot name a place outside', () => {
  for (const n of ['../b', '..', 'a/../../b', 'a\0b']) expect(pathOf('/a', '$n', { n })).toBeUndefined()
  expect(pathOf('/a/../b', '$n', { n: 'x' })).toBe('/a/../b/x')
})
