import { expect, test } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { ByteWriter } from '../../../src/lib/byte-writer.ts'
import { lineFormat, type LineOptions } from '../../../src/outputs/file/lines.ts'
import { makeBatch } from '../../event/make-batch.ts'

const usual: LineOptions = { format: 'csv', delimiter: undefined, label_delimiter: undefined, template: '', csv_column_names: false }

test.each([['tab', '\t'], ['\\t', '\t'], ['SPACE', ' '], ['comma', ','], ['', ','], [' | ', ' | ']])('the delimiter %j', (delimiter, between) => {
  const writer = new ByteWriter()
  lineFormat({ ...usual, delimiter }, new Pool()).write(makeBatch([{ body: { a: 'q"r', b: null }, nanos: 7 }]), 0, writer)
  expect(writer.view().toString()).toBe(`1795341600.000000007${between}"q"r"${between}nil\n`)
})

test('a template without keys is its text', () => {
  const writer = new ByteWriter()
  lineFormat({ ...usual, format: 'template', template: '{} x {' }, new Pool()).write(makeBatch([{ body: {} }]), 0, writer)
  expect(writer.view().toString()).toBe('{} x {\n')
})
