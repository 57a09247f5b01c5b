import { expect, test } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { ByteWriter } from '../../../src/lib/byte-writer.ts'
import { DatedJson, writeBody } from '../../../src/outputs/shared/dated-json.ts'
import { makeBatch } from '../../event/make-batch.ts'

test('a body without a date is copied with its constants', () => {
  const writer = new ByteWriter(1)
  writeBody(makeBatch([{ body: { a: 1 }, constant: '{"p":2}' }]), 0, writer)
  expect(writer.view().toString()).toBe('{"a":1,"shared":{"p":2}}')
})

test('layouts of no, one and many records', () => {
  const json = new DatedJson({ json_date_key: 't"', json_date_format: 'epoch' }, new Pool())
  const print = (bodies: object[], layout: 'json' | 'json_lines'): string => {
    const writer = new ByteWriter(1)
    json.writeAll(makeBatch(bodies.map((body) => ({ body }))), layout, writer)
    return writer.view().toString()
  }
  expect(print([], 'json')).toBe('[]')
  expect(print([{}], 'json')).toBe('[{"t\\"":1795341600}]')
  expect(print([{}, { 't"': 5 }], 'json_lines')).toBe('{"t\\"":1795341600}\n{"t\\"":5}\n')
})
