/** content_modifier: one change to one key of a record or of its metadata. Meant as a processor. */
import { createHash } from 'node:crypto'
import type { Pool } from '../event/pool.ts'
import { scanObject } from '../event/json-scan.ts'
import { bodyRoom, encodeBody } from '../event/encode.ts'
import { ARENA, Record } from '../event/record.ts'
import { compileRegex } from '../lib/onigmo/regex.ts'
import { PluginError } from '../plugin/context.ts'
import { defineFilter, KEEP } from '../plugin/filter.ts'
import { compiling } from '../plugin/options.ts'

const ACTIONS = ['insert', 'upsert', 'delete', 'rename', 'hash', 'extract', 'convert'] as const
const BODY = ['body', 'message', 'record']
const METADATA = ['metadata', 'attributes']

type Change = (record: Record) => void

export const contentModifier = defineFilter({
  name: 'content_modifier',
  summary: 'One change to one key of a record or of its metadata.',
  description: 'A change that cannot be made (no such key, a value that cannot be converted) leaves the record as it is.',
  options: {
    action: {
      kind: 'choice', values: ACTIONS, required: true, example: 'upsert',
      doc:
        'insert: appends a member if the key is not there. upsert: the same, in place of one that is there. delete: removes ' +
        'it. rename: gives it the key `value`. hash: replaces the value by its SHA-256 in hexadecimal. extract: appends ' +
        'what the named groups of `pattern` find in it. convert: gives it another type; the member goes to the end.'
    },
    context: {
      kind: 'choice', values: [...BODY, ...METADATA], default: 'body', example: 'metadata',
      doc: 'What is changed: the record, or the metadata of the event.'
    },
    key: { kind: 'string', required: true, example: 'user', doc: 'The key it is about.' },
    value: { kind: 'string', example: 'prod', doc: 'The value to insert or upsert, or the new key of rename.' },
    pattern: {
      kind: 'string', example: '^(?<method>\\w+) (?<path>\\S+)', doc: 'The regular expression of extract, with named groups.'
    },
    converted_type: {
      kind: 'choice', values: ['string', 'boolean', 'int', 'double'], example: 'int', doc: 'The type of convert.'
    }
  },
  examples: [{ title: 'Hide a user\'s name', config: 'name: content_modifier\naction: hash\nkey: user' }],
  create(options, context) {
    const { pool } = context
    const need = (name: 'value' | 'pattern' | 'converted_type'): string => {
      const value = options[name]
      if (value === undefined) throw new PluginError(`\`action ${options.action}\` needs \`${name}\`.`, 'action')
      return value
    }
    const change = compile()
    const filter = METADATA.includes(options.context) ? onMetadata(change, pool) : change
    return {
      forTag: () => (record: Record) => {
        filter(record)
        return KEEP
      }
    }

    function compile(): Change {
      switch (options.action) {
        case 'insert': return insert(options.key, need('value'), pool)
        case 'upsert': return upsert(options.key, need('value'), pool)
        case 'delete': return remove(options.key, pool)
        case 'rename': return rename(options.key, need('value'), pool)
        case 'hash': return hash(options.key, pool)
        case 'extract': return extract(options.key, need('pattern'), pool)
        case 'convert': return convert(options.key, need('converted_type'), pool)
      }
    }
  }
})

/** Makes the change on the metadata, taken as a record of its own. */
function onMetadata(change: Change, pool: Pool): Change {
  const inner = new Record(pool)
  return (record) => {
    inner.reset()
    inner.useBlock(Buffer.alloc(0))
    const start = inner.addText(record.metadata)
    scanObject(inner, ARENA, start, inner.arenaLength)
    change(inner)
    const bytes = Buffer.allocUnsafe(bodyRoom(inner))
    record.metadata = inner.count === 0 ? '' : bytes.toString('utf8', 0, encodeBody(inner, bytes, 0, null))
  }
}

function insert(name: string, text: string, pool: Pool): Change {
  const key = pool.key(name)
  const value = pool.json(text)
  return (record) => {
    if (record.find(key) < 0) record.setPooled(key, value)
  }
}

function upsert(name: string, text: string, pool: Pool): Change {
  const key = pool.key(name)
  const value = pool.json(text)
  return (record) => {
    const at = record.find(key)
    if (at >= 0) record.delete(at)
    record.setPooled(key, value)
  }
}

function remove(name: string, pool: Pool): Change {
  const key = pool.key(name)
  return (record) => {
    const at = record.find(key)
    if (at >= 0) record.delete(at)
  }
}

function rename(name: string, newName: string, pool: Pool): Change {
  const from = pool.key(name)
  const to = pool.key(newName)
  return (record) => {
    if (record.find(from) < 0 || from === to) return
    const taken = record.find(to)
    if (taken >= 0) record.delete(taken)
    record.rename(record.find(from), to)
  }
}

function hash(name: string, pool: Pool): Change {
  const key = pool.key(name)
  return (record) => {
    const at = record.find(key)
    if (at < 0) return
    const text = record.text(at)
    if (text !== '') record.setText(key, createHash('sha256').update(text).digest('hex'))
  }
}

function extract(name: string, pattern: string, pool: Pool): Change {
  const key = pool.key(name)
  const regex = compiling('pattern', () => compileRegex(pattern))
  const groupKeys = regex.names.map(({ name: group }) => ({ group, key: pool.key(group) }))
  return (record) => {
    const at = record.find(key)
    if (at < 0 || !record.isString(at)) return
    const groups = regex.exec(record.text(at))?.groups
    if (groups === undefined) return
    for (const { group, key: found } of groupKeys) {
      const text = groups[group]
      if (text === undefined) continue
      const known = record.find(found)
      if (known >= 0) record.delete(known)
      record.setText(found, text)
    }
  }
}

function convert(name: string, type: string, pool: Pool): Change {
  const key = pool.key(name)
  return (record) => {
    const at = record.find(key)
    if (at < 0) return
    const converted = convertValue(record.value(at), record.text(at), type)
    if (converted === undefined) return
    record.delete(at)
    record.setJson(key, converted)
  }
}

/** The value as JSON text, or undefined when it cannot be one of the type. */
function convertValue(value: unknown, text: string, type: string): string | undefined {
  switch (type) {
    case 'string': return JSON.stringify(text)
    case 'boolean':
      if (typeof value === 'boolean') return text
      if (typeof value === 'number') return String(value !== 0)
      return typeof value === 'string' ? String(text.toLowerCase() === 'true') : undefined
    case 'int':
      if (typeof value === 'boolean') return value ? '1' : '0'
      if (typeof value === 'number') return /^-?\d+$/.test(text) ? text : String(Math.trunc(value))
      return typeof value === 'string' && /^[+-]?\d+$/.test(text) ? String(BigInt(text)) : undefined
    default: {
      if (typeof value === 'boolean') return value ? '1.0' : '0.0'
      if (typeof value !== 'string' && typeof value !== 'number') return undefined
      const number = Number.parseFloat(text)
      if (!Number.isFinite(number)) return undefined
      return Number.isInteger(number) && Math.abs(number) < 1e21 ? number.toFixed(1) : String(number)
    }
  }
}
