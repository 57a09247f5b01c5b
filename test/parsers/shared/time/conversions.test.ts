import { expect, it } from 'vitest'
import * as conversions from '../../../../src/parsers/shared/time/conversions.ts'
import { CONVERSION, FRACTION, TimeFormatError, compileFormat } from '../../../../src/parsers/shared/time/format.ts'

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('')

/** The steps of a conversion; none when there is no such conversion. */
function stepsOf(letter: string): readonly number[] {
  try {
    return compileFormat(`%${letter}`).steps
  } catch (error) {
    if (error instanceof TimeFormatError) return []
    throw error
  }
}

it('is every step that a format can have beyond bytes, blanks and fractions', () => {
  const possible = LETTERS.flatMap(stepsOf).filter((step) => step >= CONVERSION)
  expect([...new Set(possible)].sort()).toEqual(Object.values(conversions).sort())
})

it.each([
  ['%m', conversions.MONTH], ['%M', conversions.M], ['%s', conversions.EPOCH], ['%S', conversions.S], ['%y', conversions.Y_SHORT],
  ['%Y', conversions.Y], ['%u', conversions.ISO_WEEKDAY], ['%w', conversions.WEEKDAY], ['%z', conversions.OFFSET], ['%Z', conversions.Z],
  ['%h', conversions.B], ['%k', conversions.H], ['%l', conversions.I], ['%V', conversions.U], ['%L', FRACTION]
])('%s is one step, told apart from its like', (format, step) => {
  expect(compileFormat(format).steps).toEqual([step])
})
