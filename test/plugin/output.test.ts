import { expect, it } from 'vitest'
import { DELIVERED, REFUSED, REPEATED, RETRY, defineOutput, delivered } from '../../src/plugin/output.ts'

it('a declaration comes back as it was made', () => {
  const limits = { maxBytes: 1, maxRecords: 1, concurrency: 1, ordered: false, gather: false }
  const spec = { name: 'x', summary: 'Sends nothing.', options: {}, limits: () => limits, create: () => ({ write: () => Promise.resolve(delivered) }) }
  expect(defineOutput(spec)).toBe(spec)
})

it('outcomes are told apart, and a new array of them says delivered', () => {
  expect(new Set([DELIVERED, RETRY, REFUSED, REPEATED]).size).toBe(4)
  expect(new Uint8Array(1)[0]).toBe(DELIVERED)
})
