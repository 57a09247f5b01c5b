import fc from 'fast-check'
import { expect, it } from 'vitest'
import { days } from '../../../../src/parsers/shared/time/calendar.ts'

it('counts the days since 1970 as Date does, days beyond a month included', () => {
  fc.assert(fc.property(fc.integer({ min: 100, max: 9999 }), fc.integer({ min: 0, max: 11 }), fc.integer({ min: 1, max: 31 }), (year, month, day) => {
    expect(days(year, month, day)).toBe(Date.UTC(year, month, day) / 86_400_000)
  }))
})
