import fc from 'fast-check'
import { expect, it } from 'vitest'
import { copyRun } from '../../src/event/encoded.ts'

it('copies a run of any length, and nothing beside it', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(20), fc.nat(20), (content, before, at) => {
    const from = Buffer.concat([Buffer.alloc(before, 1), Buffer.from(content), Buffer.alloc(5, 2)])
    const to = Buffer.alloc(at + content.length + 3, 0xee)
    expect(copyRun(from, before, before + content.length, to, at)).toBe(at + content.length)
    expect(to.subarray(at, at + content.length).equals(Buffer.from(content))).toBe(true)
    expect([...to.subarray(0, at), ...to.subarray(at + content.length)].every((byte) => byte === 0xee)).toBe(true)
  }))
})
