import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { Record } from '../../../src/event/record.ts'
import { TimeParser, type TimeOptions } from '../../../src/parsers/shared/time.ts'

function parse(format: string, text: string, options: TimeOptions = {}): [seconds: number, nanos: number] | undefined {
  return read(new TimeParser(format, options), text)
}

function read(parser: TimeParser, text: string): [seconds: number, nanos: number] | undefined {
  // Other text around it must not be touched.
  const bytes = Buffer.from(`12${text}34`)
  if (!parser.parse(bytes, 2, bytes.length - 2)) return undefined
  const record = new Record(new Pool())
  record.setTime(-1, -1)
  parser.giveTo(record)
  return record.seconds === -1 ? undefined : [record.seconds, record.nanos]
}

const utc = (text: string): number => Date.parse(text) / 1000
const two = (number: number): string => String(number).padStart(2, '0')
const moment = fc.integer({ min: 1, max: 0xffff_ffff })

describe('TimeParser', () => {
  it('reads what Date writes, any second and fraction, whatever it read before', () => {
    const parser = new TimeParser('%Y-%m-%dT%H:%M:%S.%L%z')
    const near = fc.tuple(moment, fc.integer({ min: 0, max: 3 })).map(([seconds, more]) => Math.min(seconds + more, 0xffff_ffff))
    fc.assert(fc.property(fc.array(near, { minLength: 1, maxLength: 4 }), fc.integer({ min: 0, max: 999_999_999 }), (all, nanos) => {
      for (const seconds of [...all, all[0]!]) {
        const text = new Date(seconds * 1000).toISOString().slice(0, 19) + '.' + String(nanos).padStart(9, '0') + 'Z'
        expect(read(parser, text)).toEqual([seconds, nanos])
      }
    }))
  })

  it('takes offsets off', () => {
    fc.assert(fc.property(moment, fc.integer({ min: -14 * 60, max: 14 * 60 }), fc.constantFrom('', ':'), (seconds, minutes, colon) => {
      fc.pre(seconds + minutes * 60 > 0)
      const text = new Date((seconds + minutes * 60) * 1000).toISOString().slice(0, 19)
      const size = Math.abs(minutes)
      const zone = (minutes < 0 ? '-' : '+') + two(Math.floor(size / 60)) + colon + two(size % 60)
      expect(parse('%Y-%m-%dT%H:%M:%S%z', text + zone)).toEqual([seconds, 0])
    }))
  })

  it('reads the format of web servers', () => {
    const parser = new TimeParser('%d/%b/%Y:%H:%M:%S %z')
    expect(read(parser, '10/Oct/2026:13:55:36 -0700')).toEqual([utc('2026-10-10T20:55:36Z'), 0])
    expect(read(parser, '10/Oct/2026:13:55:36 +0000')).toEqual([utc('2026-10-10T13:55:36Z'), 0])
    expect(read(parser, '10/Oct/2026:13:55:37 +0000')).toEqual([utc('2026-10-10T13:55:37Z'), 0])
    expect(read(parser, '10/Oct/2026:13:55:36')).toBeUndefined()
  })

  it('does not take a longer number for one that it read before', () => {
    const parser = new TimeParser('%Y-%m-%d %H:%M:%S')
    expect(read(parser, '2026-01-02 03:04:5')).toEqual([utc('2026-01-02T03:04:05Z'), 0])
    expect(read(parser, '2026-01-02 03:04:57')).toEqual([utc('2026-01-02T03:04:57Z'), 0])
    expect(read(parser, '2026-01-02 03:04:5')).toEqual([utc('2026-01-02T03:04:05Z'), 0])
  })

  it.each([
    ['%FT%T', '2026-03-04T05:06:07', '2026-03-04T05:06:07Z'],
    ['%D %R', '03/04/26 05:06', '2026-03-04T05:06:00Z'],
    ['%F %r', '2026-03-04 05:06:07 PM', '2026-03-04T17:06:07Z'],
    ['%c', 'Wed Mar  4 05:06:07 2026', '2026-03-04T05:06:07Z'],
    ['%x %X', '03/04/26 05:06:07', '2026-03-04T05:06:07Z'],
    ['%A, %d %B %Y', 'wednesday, 04 MARCH 2026', '2026-03-04T00:00:00Z'],
    ['%a %h %e %k:%M %Y', 'Wed Mar 4 5:06 2026', '2026-03-04T05:06:00Z'],
    ['%I:%M%p %F', '12:30am 2026-03-04', '2026-03-04T00:30:00Z'],
    ['%C%y-%m-%d', '1999-12-31', '1999-12-31T00:00:00Z'],
    ['%y%m%d', '690102', undefined],
    ['%y%m%d', '680102', '2068-01-02T00:00:00Z'],
    ['%Y-%j', '2024-366', '2024-12-31T00:00:00Z'],
    ['%Y-%m-%d', '2026-02-30', '2026-03-02T00:00:00Z'],
    ['%Y-%m', '2026-02', '2026-02-01T00:00:00Z'],
    ['%Od.%Om.%EY', '04.03.2026', '2026-03-04T00:00:00Z'],
    ['%Y%%%m%n%d', '2026%03  04', '2026-03-04T00:00:00Z'],
    ['%G-W%V-%u %F', '2026-W10-3 2026-03-04', '2026-03-04T00:00:00Z'],
    ['%s', '1772600767', '2026-03-04T05:06:07Z'],
    ['%Y-%m-%dT%H:%M:%SZ', '2026-03-04T05:06:07Z', '2026-03-04T05:06:07Z'],
    ['%F %T %Z', '2026-03-04 05:06:07 CEST', '2026-03-04T03:06:07Z'],
    ['%F %T %Z', '2026-03-04 05:06:07 NPT', '2026-03-03T23:21:07Z'],
    ['%F %T %Z', '2026-03-04 05:06:07 NOPE', undefined],
    ['%F %T %z', '2026-03-04 05:06:07 EDT', '2026-03-04T09:06:07Z'],
    ['%F %T%z', '2026-03-04 05:06:07+5', undefined],
    ['%F %T', '2026-03-04 24:00:00', undefined],
    ['%F %T', '2026-03-04 05:60:00', undefined],
    ['%F %T', '2026-13-04 05:00:00', undefined],
    ['%F %T', '2026-03-04', undefined],
    ['%F', '2026-03-04 and more', '2026-03-04T00:00:00Z']
  ])('reads %s of %s', (format, text, expected) => {
    expect(parse(format, text)).toEqual(expected === undefined ? undefined : [utc(expected), 0])
  })

  it.each([
    ['%s.%L', '1700000000.999999999', [1_700_000_000, 999_999_999]],
    ['%s.%L', '1700000000.1', [1_700_000_000, 100_000_000]],
    ['%T,%L %F', '05:06:07,5 2026-03-04', [utc('2026-03-04T05:06:07Z'), 500_000_000]],
    ['%FT%T.%L%z', '2026-03-04T05:06:07.1234567891Z', undefined],
    ['%FT%T.%L', '2026-03-04T05:06:07.', undefined],
    ['%FT%T.%L', '2026-03-04T05:06:07', undefined]
  ])('reads fractions: %s of %s', (format, text, expected) => {
    expect(parse(format, text)).toEqual(expected)
  })

  it('takes what it could read of a text when it is lenient', () => {
    expect(parse('%Y-%m-%dT%H:%M:%S.%L', '2026-03-04T05:06:07Z', { lenient: true })).toEqual([utc('2026-03-04T05:06:07Z'), 0])
    expect(parse('%Y-%m-%dT%H:%M:%S.%L%z', '2026-03-04T05:06:07.5', { lenient: true })).toEqual([utc('2026-03-04T05:06:07Z'), 500_000_000])
    expect(parse('%Y-%m-%d', 'today', { lenient: true })).toBeUndefined()
  })

  it.each([
    ['Dec 31 23:59:59', '2027-01-01T00:00:10Z', '2026-12-31T23:59:59Z'],
    ['Jan  1 00:00:01', '2026-12-31T23:59:59Z', '2027-01-01T00:00:01Z'],
    ['Oct 11 22:14:15', '2026-11-22T00:00:00Z', '2026-10-11T22:14:15Z'],
    ['Dec 11 22:14:15', '2026-11-22T00:00:00Z', '2025-12-11T22:14:15Z']
  ])('%s read at %s is of the year nearest before tomorrow', (text, now, expected) => {
    expect(parse('%b %e %H:%M:%S', text, { now: () => Date.parse(now) })).toEqual([utc(expected), 0])
  })

  it('is today when the text has only a time', () => {
    expect(parse('%H:%M:%S', '05:06:07', { now: () => Date.parse('2026-11-22T10:00:00Z') })).toEqual([utc('2026-11-22T05:06:07Z'), 0])
  })

  it('puts texts without a zone where they belong, and leaves those with one', () => {
    expect(parse('%F %T', '2026-01-01 00:00:00', { offset: '+0900' })).toEqual([utc('2025-12-31T15:00:00Z'), 0])
    expect(parse('%F %T', '2026-01-01 00:00:00', { offset: '-03:30' })).toEqual([utc('2026-01-01T03:30:00Z'), 0])
    expect(parse('%F %T', '2026-07-01 12:00:00', { zone: 'Europe/Berlin' })).toEqual([utc('2026-07-01T10:00:00Z'), 0])
    expect(parse('%F %T%z', '2026-07-01 12:00:00Z', { zone: 'Europe/Berlin' })).toEqual([utc('2026-07-01T12:00:00Z'), 0])
  })

  it('says what is wrong with a format', () => {
    expect(() => new TimeParser('%Q')).toThrow('unknown conversion %Q')
    expect(() => new TimeParser('%Y%')).toThrow('a % at the end')
    expect(() => new TimeParser('%Y', { offset: '2h' })).toThrow('time_offset must be like +0200, not 2h')
    expect(() => new TimeParser('%Y', { zone: 'Mars/Base' })).toThrow('there is no time zone Mars/Base')
  })
})
