import { describe, expect, it } from 'vitest'
import { BLANKS, FRACTION, TimeFormatError, compileFormat, step } from '../../../../src/parsers/shared/time/format.ts'

describe('compileFormat', () => {
  it('writes composite conversions out and joins blanks', () => {
    expect(compileFormat('%R  \t%%').steps).toEqual([step('H'), 0x3a, step('M'), BLANKS, 0x25])
    expect(compileFormat('%T').steps).toEqual(compileFormat('%H:%M:%S').steps)
    expect(compileFormat('%Ey').steps).toEqual(compileFormat('%y').steps)
    expect(compileFormat('%L').steps).toEqual([FRACTION])
  })

  it.each([
    ['%H:%M', false, false], ['%Y %z', true, true], ['%s', false, true], ['%SZ', true, false], ['%S.%LZ', true, false], ['%D', false, true]
  ])('%s: zone %s, year %s', (format, hasZone, hasYear) => {
    expect(compileFormat(format)).toMatchObject({ hasZone, hasYear })
  })

  it('refuses what is no conversion', () => {
    for (const format of ['%Q', '%', '%L %L']) expect(() => compileFormat(format)).toThrow(TimeFormatError)
  })
})
