import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DateWriter, writeDigits } from '../../src/lib/digits.ts'

const out = Buffer.alloc(40)

test('writes any whole number as String does, padded to the width', () => {
  fc.assert(fc.property(fc.oneof(fc.maxSafeNat(), fc.nat(10_000)), fc.nat(12), (value, width) => {
    const end = writeDigits(value, width, out, 2)
    expect(out.toString('latin1', 2, end)).toBe(String(value).padStart(Math.max(width, 1), '0'))
  }))
})

test('writes dates as toISOString does, whatever the order of days', () => {
  const writer = new DateWriter('T')
  fc.assert(fc.property(fc.nat(0xffff_ffff), (seconds) => {
    const end = writer.write(seconds, out, 0)
    expect(out.toString('latin1', 0, end)).toBe(new Date(seconds * 1000).toISOString().slice(0, 19))
  }))
  for (const seconds of [86_399, 86_400, 86_399, 0]) {
    expect(out.toString('latin1', 0, writer.write(seconds, out, 0))).toBe(new Date(seconds * 1000).toISOString().slice(0, 19))
  }
})
