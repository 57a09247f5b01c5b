import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TimeZone } from '../../../../src/parsers/shared/time/time-zone.ts'

const wall = (text: string): number => Date.parse(`${text}Z`) / 1000
const utc = wall

describe('TimeZone', () => {
  it('finds the moment at which a clock shows a time', () => {
    fc.assert(fc.property(
      fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Africa/Casablanca', 'UTC'),
      fc.integer({ min: 946_684_800, max: 2_000_000_000 }),
      (name, seconds) => {
        const zone = new TimeZone(name)
        const shown = seconds + zone.offset(seconds)
        const found = zone.toUtc(shown)
        // An hour that is shown twice is the first one: it shows the same.
        expect(found + zone.offset(found)).toBe(shown)
        expect(found).toBeLessThanOrEqual(seconds)
      }
    ), { numRuns: 300 })
  })

  it.each([
    ['Europe/Berlin', '2026-01-01T12:00:00', '2026-01-01T11:00:00'],
    ['Europe/Berlin', '2026-03-29T01:59:59', '2026-03-29T00:59:59'],
    ['Europe/Berlin', '2026-03-29T03:00:00', '2026-03-29T01:00:00'],
    ['Europe/Berlin', '2026-10-25T02:30:00', '2026-10-25T00:30:00'],
    ['Europe/Berlin', '2026-10-25T03:00:00', '2026-10-25T02:00:00'],
    ['Asia/Kolkata', '2026-10-25T03:00:00', '2026-10-24T21:30:00']
  ])('in %s %s is %s UTC', (name, shown, expected) => {
    expect(new TimeZone(name).toUtc(wall(shown))).toBe(utc(expected))
  })

  it('refuses a name that is no zone', () => {
    expect(() => new TimeZone('Mars/Base')).toThrow(RangeError)
  })
})
