/**
 * Decode_Field and Decode_Field_As: a string value holds something encoded. `_As` puts what is decoded in the value's
 * place, the plain form appends the keys of a decoded object to the record.
 */
import { skipValue, scanObject } from '../../event/json-scan.ts'
import { ARENA, JSON_TEXT, RAW_TEXT, type Record } from '../../event/record.ts'
import type { Key, Pool } from '../../event/pool.ts'
import type { ParserDefinition } from './definition.ts'
import { unescape, unescapeUtf8, unquoteMysql } from './unescape.ts'

type Decode = (text: string) => string

const TEXTS: { readonly [name: string]: Decode } = {
  escaped: unescape,
  escaped_utf8: unescapeUtf8,
  mysql_quoted: unquoteMysql
}

interface Rule {
  /** Undefined: JSON. */
  readonly decode: Decode | undefined
  readonly replaces: boolean
  readonly onFailure: boolean
  readonly onSuccess: boolean
}

interface FieldDecoder {
  readonly key: Key
  readonly rules: readonly Rule[]
}

/** Decodes fields of a record that a parser has filled. */
export type Decoders = (record: Record) => void

/** The decoders of a definition; undefined when it has none. Throws Error with what is wrong. */
export function createDecoders(definition: ParserDefinition, pool: Pool): Decoders | undefined {
  const rulesOf = new Map<string, Rule[]>()
  const add = (words: readonly string[], replaces: boolean): void => {
    const [backend, field, action] = words
    if (backend === undefined || field === undefined) throw new Error('a decoder needs its kind and a field, like: json log')
    const kind = backend.toLowerCase()
    if (kind !== 'json' && TEXTS[kind] === undefined) {
      throw new Error(`unknown decoder ${backend}; there are json, escaped, escaped_utf8 and mysql_quoted`)
    }
    const then = action?.trim().toLowerCase()
    const rules = rulesOf.get(field) ?? []
    rules.push({
      decode: kind === 'json' ? undefined : TEXTS[kind]!,
      replaces,
      onFailure: then === 'try_next' || then === 'do_next',
      onSuccess: then === 'do_next'
    })
    rulesOf.set(field, rules)
  }
  for (const { words, replaces } of definition.decoders ?? []) add(words, replaces)
  if (rulesOf.size === 0) return undefined
  const fields = [...rulesOf].map(([field, rules]) => ({ key: pool.key(field), rules }))
  return (record) => {
    for (const field of fields) decodeField(record, field)
  }
}

function decodeField(record: Record, { key, rules }: FieldDecoder): void {
  const index = record.find(key)
  if (index < 0 || !record.isString(index)) return
  let text = record.text(index)
  let replaced = false
  let appended = false
  let object: readonly [start: number, end: number] | undefined
  for (const rule of rules) {
    if (!rule.replaces && rule.onSuccess && appended) continue
    if (object !== undefined) continue
    if (rule.decode) {
      // Only an object has keys to append.
      if (!rule.replaces) {
        if (rule.onFailure) continue
        break
      }
      text = rule.decode(text)
      replaced = true
    } else {
      const found = jsonObject(record, text)
      if (!found) {
        if (rule.onFailure) continue
        break
      }
      if (rule.replaces) object = found
      else {
        const [start, end] = found
        if (scanObject(record, ARENA, start, end) >= 0) appended = true
      }
    }
    if (!rule.onSuccess) break
  }
  if (object) record.setValue(index, ARENA, object[0], object[1], JSON_TEXT)
  else if (replaced) {
    const start = record.addText(text)
    record.setValue(index, ARENA, start, record.arenaLength, RAW_TEXT)
  }
}

/** Copies the text to the arena if it is one JSON object, perhaps behind blanks; returns where the object lies. */
function jsonObject(record: Record, text: string): [number, number] | undefined {
  const spelled = text.replace(/^ +/, '')
  if (!spelled.startsWith('{')) return undefined
  const start = record.addText(spelled)
  const end = skipValue(record.bytes[ARENA], start, record.arenaLength)
  return end < 0 ? undefined : [start, end]
}
