import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileFormat } from '../../../../src/parsers/shared/time/format.ts'
import { TextReader } from '../../../../src/parsers/shared/time/text-reader.ts'

/** A reader that has read the text by the format; undefined where it did not go on like that. */
function read(format: string, text: string): TextReader | undefined {
  const { steps } = compileFormat(format)
  const reader = new TextReader(Uint16Array.from(steps))
  reader.begin(0)
  return reader.read(Buffer.from(text), text.length, 0, steps.length) ? reader : undefined
}

const two = (number: number): string => String(number).padStart(2, '0')

describe('TextReader', () => {
  it('has what the text says, and how far it went', () => {
    const said = fc.record({
      day: fc.integer({ min: 1, max: 31 }), hour: fc.integer({ min: 0, max: 23 }),
      minute: fc.integer({ min: 0, max: 59 }), second: fc.integer({ min: 0, max: 60 })
    })
    fc.assert(fc.property(said, fc.constantFrom('', ' rest', 'x9'), ({ day, hour, minute, second }, rest) => {
      const text = `${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`
      expect(read('%d %H:%M:%S', text + rest)).toMatchObject({ day, hour, minute, second, month: -1, year: 0, at: text.length })
    }))
  })

  it('forgets a text when the next one begins', () => {
    const { steps } = compileFormat('%s')
    const reader = new TextReader(Uint16Array.from(steps))
    reader.begin(0)
    expect(reader.read(Buffer.from('17'), 2, 0, 1)).toBe(true)
    expect(reader.epoch).toBe(17)
    reader.begin(1)
    expect([reader.epoch, reader.at]).toEqual([-1, 1])
  })

  it.each([
    ['%y', '68', 2068], ['%y', '69', 1969], ['%C%y', '1868', 1868], ['%C', '19', 1900], ['%Y', '2026', 2026], ['%y %Y', '99 2026', 2026]
  ])('takes the year of %s %s for %i', (format, text, year) => {
    expect(read(format, text)!.fullYear()).toBe(year)
  })

  it('counts a day of the year only where no month is said, and a day that is not said as the first', () => {
    const at = (format: string, text: string): string => new Date(read(format, text)!.wall(2024) * 1000).toISOString().slice(0, 10)
    expect(at('%j', '60')).toBe('2024-02-29')
    expect(at('%j %m-%d', '60 05-06')).toBe('2024-05-06')
    expect(at('%m', '05')).toBe('2024-05-01')
  })

  it.each([
    ['+0530', 19_800, 5], ['-03:30', -12_600, 6], ['+02', 7200, 3], ['Z', 0, 1], ['GMT', 0, 3], ['UTC', 0, 3], ['PDT', -25_200, 3]
  ])('reads the offset %s', (text, zoneOffset, at) => {
    expect(read('%z', text)).toMatchObject({ zoneOffset, at })
  })

  it.each([['%z', '+5'], ['%z', '+02:3'], ['%z', 'CET'], ['%Z', 'NOPE'], ['%H', '24'], ['%b', 'Ja'], ['%I %p', '12 xm'], ['%d', '00']])(
    'refuses %s of %s', (format, text) => {
      expect(read(format, text)).toBeUndefined()
    }
  )

  it('reads a fraction to the ninth digit', () => {
    const fraction = (text: string): [nanos: number, at: number] => {
      const reader = new TextReader(new Uint16Array(0))
      reader.begin(0)
      return [reader.readFraction(Buffer.from(text), text.length), reader.at]
    }
    expect([fraction('5'), fraction('123456789'), fraction('1234567891'), fraction('000000001Z'), fraction('Z')])
      .toEqual([[500_000_000, 1], [123_456_789, 9], [123_456_789, 9], [1, 9], [-1, 0]])
  })
})
