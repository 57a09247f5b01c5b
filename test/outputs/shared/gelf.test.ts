import { expect, test } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { ByteWriter } from '../../../src/lib/byte-writer.ts'
import { Gelf } from '../../../src/outputs/shared/gelf.ts'
import { makeBatch } from '../../event/make-batch.ts'

const keys = {
  gelf_timestamp_key: undefined, gelf_host_key: undefined, gelf_short_message_key: undefined, gelf_full_message_key: undefined,
  gelf_level_key: undefined
}

test('takes GELF\'s own fields from the record where they can be read', () => {
  const writer = new ByteWriter()
  const gelf = new Gelf(keys, new Pool())
  expect(gelf.write(makeBatch([{ body: { short_message: 's', timestamp: 'now', level: 'info', full_message: 'f', x: null }, nanos: 0 }]), 0, writer)).toBeUndefined()
  expect(JSON.parse(writer.view().toString())).toEqual({ version: '1.1', short_message: 's', full_message: 'f', timestamp: 1_795_341_600 })
})

test('a record without a message is none of GELF', () => {
  const writer = new ByteWriter()
  expect(new Gelf(keys, new Pool()).write(makeBatch([{ body: { a: 1 } }]), 0, writer)).toBe('the record has no short message')
  expect(writer.length).toBe(0)
})
