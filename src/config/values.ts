/** From the text of a configuration to the value of a field. The texts are those that Fluent Bit 5.1 understands. */

import { own } from '../lib/own.ts'
import type { Field } from './fields.ts'

export type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false }

const wrong: Parsed = { ok: false }

/** Reads one value of `field`; what is expected instead of a wrong one, `describeExpected` says. */
export function parseValue(field: Field, text: string): Parsed {
  const plain = text.trim()
  switch (field.kind) {
    case 'string':
    case 'any':
      return { ok: true, value: text }
    case 'boolean':
      return found(parseBoolean(plain))
    case 'integer':
      return found((field.words === undefined ? undefined : own(field.words, plain.toLowerCase())) ?? parseNumber(plain, field, /^[+-]?\d+$/))
    case 'number':
      return found(parseNumber(plain, field, /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i))
    case 'size':
      return found(field.unlimited?.includes(plain.toLowerCase()) === true ? Infinity : parseSize(plain))
    case 'duration':
      return found(field.unlimited?.includes(plain.toLowerCase()) === true ? Infinity : parseDuration(plain))
    case 'list':
      return { ok: true, value: plain.split(',').map((part) => part.trim()).filter((part) => part !== '') }
    case 'words': {
      const words = splitWords(text, field.count)
      return words.length < (field.least ?? field.count) ? wrong : { ok: true, value: words }
    }
    case 'choice':
      return found(field.values.find((value) => value.toLowerCase() === plain.toLowerCase()))
  }
}

/** `on`, `true`, `yes` and `off`, `false`, `no` in any case. */
export function parseBoolean(text: string): boolean | undefined {
  switch (text.toLowerCase()) {
    case 'on':
    case 'true':
    case 'yes':
      return true
    case 'off':
    case 'false':
    case 'no':
      return false
    default:
      return undefined
  }
}

const sizeUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  ki: 2 ** 10,
  kib: 2 ** 10,
  mi: 2 ** 20,
  mib: 2 ** 20,
  gi: 2 ** 30,
  gib: 2 ** 30
}

/** Bytes of `5`, `1.5M`, `32KB`, `64Ki`; `false` is 0. */
export function parseSize(text: string): number | undefined {
  if (text.toLowerCase() === 'false') return 0
  const parts = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text)
  const unit = sizeUnits[parts?.[2]?.toLowerCase() ?? '?']
  return parts === null || unit === undefined ? undefined : Math.floor(Number(parts[1]) * unit)
}

const durationUnits: Readonly<Record<string, number>> = { ms: 1, '': 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of `5`, `0.5`, `5s`, `2m`, `1h`, `1d`, `200ms`. */
export function parseDuration(text: string): number | undefined {
  const parts = /^(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)$/i.exec(text)
  const unit = durationUnits[parts?.[2]?.toLowerCase() ?? '?']
  return parts === null || unit === undefined ? undefined : Math.round(Number(parts[1]) * unit)
}

/**
 * Splits `text` into at most `count` words at white space. Double quotes group a word, with `\"` for a quote in it; the
 * last word is all the rest, its quotes removed only where they enclose the whole of it.
 */
export function splitWords(text: string, count: number): string[] {
  const words: string[] = []
  let rest = text.trim()
  while (rest !== '' && words.length < count - 1) {
    const quoted = /^"((?:[^"\\]|\\.)*)"(?=\s|$)/s.exec(rest)
    const word = quoted ?? /^\S+/.exec(rest)
    if (word === null) break
    words.push(quoted === null ? word[0] : unquote(quoted[1] ?? ''))
    rest = rest.slice(word[0].length).trimStart()
  }
  if (rest !== '') {
    const whole = /^"((?:[^"\\]|\\.)*)"$/s.exec(rest)
    words.push(whole === null ? rest : unquote(whole[1] ?? ''))
  }
  return words
}

/** What a value of `field` looks like, to be read after "must be". */
export function describeExpected(field: Field): string {
  switch (field.kind) {
    case 'string':
      return 'a text'
    case 'any':
      return 'a structure of YAML'
    case 'boolean':
      return 'on or off'
    case 'integer':
    case 'number': {
      const words = field.kind === 'integer' ? Object.keys(field.words ?? {}) : []
      const noun = field.kind === 'integer' ? 'a whole number' : 'a number'
      const range = describeRange(field.min, field.max)
      return [noun + range, ...words].join(' or ')
    }
    case 'size':
      return ['a size like 32K, 5M or 1G', ...(field.unlimited ?? [])].join(' or ')
    case 'duration':
      return ['a time like 5, 30s, 2m, 1h or 1d', ...(field.unlimited ?? [])].join(' or ')
    case 'list':
      return 'a list with commas'
    case 'words':
      return field.least === undefined || field.least === field.count
        ? `${field.count} words`
        : `${field.least} to ${field.count} words`
    case 'choice':
      return field.values.length === 1 ? field.values.join() : `one of ${field.values.join(', ')}`
  }
}

/** The value of a field that is not given: its default, or an empty collection. */
export function defaultOf(field: Field): unknown {
  if (field.prefix === true) return new Map<string, string>()
  if (field.multiple === true) return []
  return field.default
}

function describeRange(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`
  if (min !== undefined) return ` of at least ${min}`
  return max === undefined ? '' : ` of at most ${max}`
}

function parseNumber(
  text: string,
  range: { readonly min?: number; readonly max?: number },
  form: RegExp
): number | undefined {
  if (!form.test(text)) return undefined
  const value = Number(text)
  return value < (range.min ?? -Infinity) || value > (range.max ?? Infinity) ? undefined : value
}

function unquote(text: string): string {
  return text.replaceAll('\\"', '"')
}

function found(value: unknown): Parsed {
  return value === undefined ? wrong : { ok: true, value }
}
