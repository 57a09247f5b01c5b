import { expect, it } from 'vitest'
import type { StreamWishes } from '../../../src/filters/kubernetes/annotations.ts'
import { Seams } from '../../../src/filters/kubernetes/seams.ts'
import type { JoinerFactory } from '../../../src/plugin/parser.ts'

const factory = (): JoinerFactory => () => { throw new Error('nothing is joined here') }
const wish = (names?: string, exclude = false): StreamWishes => {
  return { exclude, parser: undefined, multiline: names === undefined ? undefined : { names, factory: factory() } }
}

it('keeps the joiners of each stream until its pod chooses others', () => {
  const seams = new Seams()
  seams.choose(wish('java'), wish(), wish())
  const { factory: java } = seams.stdout
  expect([java, seams.stderr.factory, seams.both.factory]).toEqual([expect.any(Function), undefined, undefined])
  seams.choose(wish('java'), wish('go'), wish())
  expect(seams.stdout.factory).toBe(java)
  expect(seams.stderr.factory).toBeTypeOf('function')
  seams.choose(wish('go'), wish(), wish())
  expect([seams.stdout.factory === java, seams.stderr.factory]).toEqual([false, undefined])
})

it('joins nothing of an excluded stream', () => {
  const seams = new Seams()
  seams.choose(wish('java', true), wish('java'), wish())
  expect([seams.stdout.factory, seams.stderr.factory]).toEqual([undefined, expect.any(Function)])
})
