import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TimeFormatError } from '../../../../src/parsers/shared/time/format.ts'
import { fixedOffset, namedZone } from '../../../../src/parsers/shared/time/zone-option.ts'

describe('time_offset', () => {
  it('is hours and minutes with a sign, with or without a colon', () => {
    const small = fc.integer({ min: 0, max: 59 })
    fc.assert(fc.property(fc.constantFrom('+', '-'), small, small, fc.constantFrom('', ':'), (sign, hours, minutes, colon) => {
      fc.pre(hours + minutes > 0)
      const text = sign + String(hours).padStart(2, '0') + colon + String(minutes).padStart(2, '0')
      expect(fixedOffset(text)).toBe((sign === '-' ? -1 : 1) * (hours * 3600 + minutes * 60))
    }))
    expect(fixedOffset('Z')).toBe(0)
  })

  it.each(['', '0200', '+2', '+02', '+02:0', '+0260', '+6000', '+02000', 'Europe/Berlin'])('is not %j', (text) => {
    expect(() => fixedOffset(text)).toThrow(TimeFormatError)
    expect(() => fixedOffset(text)).toThrow('time_offset must be like +0200')
  })
})

describe('time_zone', () => {
  it('is a zone by its name, or that of the machine', () => {
    const noon = Date.UTC(2026, 6, 1, 12) / 1000
    expect(namedZone('Asia/Kolkata').toUtc(noon)).toBe(noon - 19_800)
    expect(namedZone('system').offset(noon) / 60 + new Date(noon * 1000).getTimezoneOffset()).toBe(0)
  })

  it('is no name that no zone has', () => {
    expect(() => namedZone('Mars/Base')).toThrow(TimeFormatError)
    expect(() => namedZone('Mars/Base')).toThrow('there is no time zone Mars/Base')
  })
})
