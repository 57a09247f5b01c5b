/** Values of text parsers as numbers and booleans, the way the C library reads them: what is no number is 0. */
import { ARENA, JSON_TEXT, RAW_TEXT, type Kind, type Record, type Source } from '../../event/record.ts'

export type ValueType = 'integer' | 'float' | 'bool' | 'hex' | 'string'

/** Reads `key:type key:type`; a type that is not known means string. */
export function parseTypes(text: string): ReadonlyMap<string, ValueType> {
  const types = new Map<string, ValueType>()
  for (const word of text.split(' ')) {
    const colon = word.indexOf(':')
    if (colon < 0) continue
    const type = word.slice(colon + 1).toLowerCase()
    const key = word.slice(0, colon)
    if (!types.has(key)) types.set(key, type === 'integer' || type === 'float' || type === 'bool' || type === 'hex' ? type : 'string')
  }
  return types
}

const LEAST = -(2n ** 63n)
const MOST = 2n ** 63n - 1n
const MOST_UNSIGNED = 2n ** 64n - 1n

/** Where the value lies that `cast` made. */
export const made: { source: Source; start: number; end: number; kind: Kind } = { source: 0, start: 0, end: 0, kind: 0 }

/** Makes a value of the text; what is written as JSON writes it stays where it is. The result is in `made`. */
export function cast(record: Record, source: Source, start: number, end: number, type: ValueType): void {
  made.source = source
  made.start = start
  made.end = end
  made.kind = RAW_TEXT
  const bytes = record.bytes[source]
  switch (type) {
    case 'string': return
    case 'integer':
      if (isPlainInteger(bytes, start, end)) made.kind = JSON_TEXT
      else json(record, integer(text(bytes, start, end)))
      return
    case 'hex': return json(record, hexadecimal(text(bytes, start, end)))
    case 'float': {
      const spelled = text(bytes, start, end)
      if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(spelled) && Number.isFinite(Number(spelled))) made.kind = JSON_TEXT
      else json(record, float(spelled))
      return
    }
    case 'bool': {
      const spelled = text(bytes, start, Math.min(start + 5, end)).toLowerCase()
      if (spelled.startsWith('true')) json(record, 'true')
      else if (spelled === 'false') json(record, 'false')
    }
  }
}

function text(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('latin1', start, end)
}

function json(record: Record, value: string): void {
  made.source = ARENA
  made.start = record.addText(value)
  made.end = record.arenaLength
  made.kind = JSON_TEXT
}

/** An integer that fits and is spelled as JSON spells it. */
function isPlainInteger(bytes: Buffer, start: number, end: number): boolean {
  let at = bytes[start] === 0x2d ? start + 1 : start
  if (at >= end || end - at > 18) return false
  if (bytes[at] === 0x30) return end - start === 1
  for (; at < end; at++) if (bytes[at]! < 0x30 || bytes[at]! > 0x39) return false
  return true
}

function integer(spelled: string): string {
  const digits = /^\s*([+-]?)(\d+)/.exec(spelled)
  if (!digits) return '0'
  const value = BigInt(digits[2]!) * (digits[1] === '-' ? -1n : 1n)
  return String(value < LEAST ? LEAST : value > MOST ? MOST : value)
}

function hexadecimal(spelled: string): string {
  const digits = /^\s*([+-]?)(?:0[xX](?=[0-9a-fA-F]))?([0-9a-fA-F]+)/.exec(spelled)
  if (!digits) return '0'
  const value = BigInt(`0x${digits[2]!}`)
  if (value > MOST_UNSIGNED) return String(MOST_UNSIGNED)
  return String(digits[1] === '-' ? BigInt.asUintN(64, -value) : value)
}

function float(spelled: string): string {
  const value = parseFloat(spelled)
  // JSON has no infinity; NaN is what no number gives.
  return Number.isFinite(value) ? String(value) : '0'
}
