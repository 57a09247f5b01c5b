import { expect, test } from 'vitest'
import { ByteWriter } from '../../src/lib/byte-writer.ts'

test('grows as it is written and keeps what it has', () => {
  const writer = new ByteWriter(2)
  writer.text('äß')
  writer.byte(0x2d)
  writer.copy(Buffer.from('0123456789'), 3, 6)
  expect(writer.view().toString()).toBe('äß-345')
  writer.text('x'.repeat(10_000))
  expect(writer.view().toString()).toBe('äß-345' + 'x'.repeat(10_000))
})

test('begins anew in the same memory', () => {
  const writer = new ByteWriter()
  writer.text('old')
  const { bytes } = writer
  writer.reset()
  writer.text('n')
  expect(writer.view().toString()).toBe('n')
  expect(writer.bytes).toBe(bytes)
})
