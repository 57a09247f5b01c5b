import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Field } from '../../src/config/fields.ts'
import { defaultOf, describeExpected, parseBoolean, parseDuration, parseSize, parseValue, splitWords } from '../../src/config/values.ts'

describe('sizes', () => {
  it.each([
    ['0', 0], ['32768', 32_768], ['32K', 32_000], ['5MB', 5_000_000], ['1.5M', 1_500_000], ['1g', 1e9], ['64Ki', 65_536],
    ['2MiB', 2_097_152], ['false', 0]
  ])('%s is %i bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes)
  })

  it.each(['', 'K', '5X', '-5', '5 M B', '0x10'])('%j is none', (text) => {
    expect(parseSize(text)).toBeUndefined()
  })
})

describe('durations', () => {
  it.each([
    ['5', 5000], ['0.2', 200], ['5s', 5000], ['2m', 120_000], ['1H', 3_600_000], ['1d', 86_400_000], ['200ms', 200], ['0', 0]
  ])('%s is %i milliseconds', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds)
  })

  it.each(['', 's', '5 weeks', '-1', '1:30'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })
})

describe('booleans', () => {
  it.each([['on', true], ['True', true], ['YES', true], ['Off', false], ['false', false], ['no', false]])('%s', (text, value) => {
    expect(parseBoolean(text)).toBe(value)
  })

  it.each(['', '1', '0', 'maybe'])('%j is none, as in Fluent Bit', (text) => {
    expect(parseBoolean(text)).toBeUndefined()
  })
})

describe('words', () => {
  it('are separated by blanks; the last is the rest', () => {
    expect(splitWords('level   ^(debug|info) x$', 2)).toEqual(['level', '^(debug|info) x$'])
  })

  it('are grouped by quotes', () => {
    expect(splitWords('"start state" "/^\\d+ \\"x\\"/" "cont"', 3)).toEqual(['start state', '/^\\d+ "x"/', 'cont'])
  })

  it('are never more than asked for, and keep everything but blanks around them', () => {
    fc.assert(fc.property(fc.string(), fc.integer({ min: 1, max: 5 }), (text, count) => {
      const words = splitWords(text, count)
      expect(words.length).toBeLessThanOrEqual(count)
      if (!text.includes('"')) expect(words.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''))
    }))
  })
})

describe('parseValue', () => {
  const cases: [Field, string, unknown][] = [
    [{ kind: 'string', doc: '' }, ' x ', ' x '],
    [{ kind: 'integer', doc: '', min: 0 }, '7', 7],
    [{ kind: 'integer', doc: '', words: { no_limits: Infinity } }, 'No_Limits', Infinity],
    [{ kind: 'number', doc: '' }, '0.5', 0.5],
    [{ kind: 'size', doc: '', unlimited: ['-1'] }, '-1', Infinity],
    [{ kind: 'duration', doc: '', unlimited: ['-1'] }, '-1', Infinity],
    [{ kind: 'list', doc: '' }, 'a, b,,c ', ['a', 'b', 'c']],
    [{ kind: 'words', count: 3, least: 2, doc: '' }, 'json log', ['json', 'log']],
    [{ kind: 'choice', values: ['json', 'json_lines'], doc: '' }, 'JSON_Lines', 'json_lines']
  ]

  it.each(cases)('%j reads %j', (field, text, value) => {
    expect(parseValue(field, text)).toEqual({ ok: true, value })
  })

  const wrong: [Field, string][] = [
    [{ kind: 'boolean', doc: '' }, 'perhaps'],
    [{ kind: 'integer', doc: '', min: 0 }, '-1'],
    [{ kind: 'integer', doc: '', max: 4 }, '5'],
    [{ kind: 'integer', doc: '' }, '5x'],
    [{ kind: 'number', doc: '' }, 'five'],
    [{ kind: 'words', count: 2, doc: '' }, 'alone'],
    [{ kind: 'choice', values: ['json'], doc: '' }, 'xml']
  ]

  it.each(wrong)('%j refuses %j, and says what it expects', (field, text) => {
    expect(parseValue(field, text)).toEqual({ ok: false })
    expect(describeExpected(field).length).toBeGreaterThan(3)
  })
})

describe('defaultOf', () => {
  it('is empty for what may be repeated or has a prefix', () => {
    expect(defaultOf({ kind: 'string', multiple: true, doc: '' })).toEqual([])
    expect(defaultOf({ kind: 'string', prefix: true, doc: '' })).toEqual(new Map())
    expect(defaultOf({ kind: 'string', default: 'x', doc: '' })).toBe('x')
  })
})
