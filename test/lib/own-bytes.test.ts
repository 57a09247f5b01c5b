import { expect, it } from 'vitest'
import { ownBytes } from '../../src/lib/own-bytes.ts'

it.each(['', 'plain', 'Straße 🐦', 'lone \ud800'])('gives the bytes of %j and nothing around them', (text) => {
  const bytes = ownBytes(text)
  expect(bytes).toEqual(Buffer.from(text))
  expect(bytes.buffer.byteLength).toBe(bytes.length)
})
