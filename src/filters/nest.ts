/** nest: gathers members under one key, or lifts those under a key up. */
import { bodyRoom, encodeBody } from '../event/encode.ts'
import { copyRun } from '../event/encoded.ts'
import { ESCAPE_GROWTH, escapeText } from '../event/escape.ts'
import { mergeRepeated, scanObject } from '../event/json-scan.ts'
import type { Key, Pool } from '../event/pool.ts'
import { ARENA, CONSTANT, JSON_TEXT, RAW_TEXT, type Record, type Source } from '../event/record.ts'
import { PluginError } from '../plugin/context.ts'
import { defineFilter, KEEP, type RecordFilter } from '../plugin/filter.ts'

export const nest = defineFilter({
  name: 'nest',
  summary: 'Gathers members under one key, or lifts those under a key up.',
  options: {
    operation: { kind: 'choice', values: ['nest', 'lift'], required: true, example: 'nest', doc: 'What is done.' },
    wildcard: {
      kind: 'string', multiple: true, example: 'http_*',
      doc: 'Keys to nest; a `*` at the end stands for any ending.'
    },
    nest_under: { kind: 'string', example: 'http', doc: 'Key under which members are nested.' },
    nested_under: { kind: 'string', example: 'kubernetes', doc: 'Key whose members are lifted.' },
    add_prefix: {
      kind: 'string', aliases: ['prefix_with'], example: 'kube_', doc: 'Put before the keys that are nested or lifted.'
    },
    remove_prefix: { kind: 'string', example: 'http_', doc: 'Taken from the keys that are nested or lifted.' }
  },
  examples: [
    { title: 'Nest', config: "name: nest\nmatch: '*'\noperation: nest\nwildcard: http_*\nnest_under: http\nremove_prefix: http_" },
    { title: 'Lift', config: "name: nest\nmatch: '*'\noperation: lift\nnested_under: kubernetes\nadd_prefix: kubernetes_" }
  ],
  create(options, context) {
    if (options.add_prefix !== undefined && options.remove_prefix !== undefined) {
      throw new PluginError('`add_prefix` and `remove_prefix` exclude each other.', 'remove_prefix')
    }
    // Fluent Bit takes either name for either operation
    const lifts = options.operation === 'lift'
    const under = lifts ? options.nested_under ?? options.nest_under : options.nest_under ?? options.nested_under
    if (under === undefined) {
      const missing = lifts ? 'nested_under' : 'nest_under'
      throw new PluginError(`\`operation ${options.operation}\` needs \`${missing}\`.`, 'operation')
    }
    const { pool } = context
    const prefix = compilePrefix(options.add_prefix, options.remove_prefix, pool)
    const filter = lifts ? lift(pool.key(under), prefix) : nestUnder(pool.key(under), options.wildcard, prefix, pool)
    return { forTag: () => filter }
  }
})

/** Changes the keys of the members from `first` on. */
type Prefix = ((record: Record, first: number) => void) | undefined

function compilePrefix(added: string | undefined, removed: string | undefined, pool: Pool): Prefix {
  if (added !== undefined) {
    const prefix = pool.key(added)
    return (record, first) => {
      for (let i = first; i < record.count; i++) {
        const start = record.addBytes(pool.bytes, prefix.start, prefix.end)
        record.addBytes(record.bytes[record.keySource[i] as Source], record.keyStart[i]!, record.keyEnd[i]!)
        record.renameRange(i, ARENA, start, record.arenaLength)
      }
    }
  }
  if (removed === undefined) return undefined
  const prefix = pool.key(removed)
  return (record, first) => {
    for (let i = first; i < record.count; i++) {
      if (!beginsWith(record, i, prefix, pool)) continue
      const start = record.keyStart[i]! + prefix.end - prefix.start
      record.renameRange(i, record.keySource[i] as Source, start, record.keyEnd[i]!)
    }
  }
}

function beginsWith(record: Record, index: number, key: Key, pool: Pool): boolean {
  const length = key.end - key.start
  const start = record.keyStart[index]!
  // the hash holds the first byte
  if (length > 0 && ((record.keyHash[index]! ^ key.hash) & 0xff00) !== 0) return false
  if (record.keyEnd[index]! - start < length) return false
  const bytes = record.bytes[record.keySource[index] as Source]
  const pooled = pool.bytes
  for (let i = 0; i < length; i++) if (bytes[start + i] !== pooled[key.start + i]) return false
  return true
}

function nestUnder(under: Key, wildcards: readonly string[], prefix: Prefix, pool: Pool): RecordFilter {
  const patterns = wildcards.map((text) => {
    const open = text.endsWith('*')
    return { key: pool.key(open ? text.slice(0, -1) : text), open }
  })
  let marks = new Uint8Array(64)

  const mark = (record: Record): number => {
    const n = record.count
    if (marks.length < n) marks = new Uint8Array(n * 2)
    let found = 0
    for (let i = 0; i < n; i++) {
      let nested = 0
      for (let p = 0; p < patterns.length && nested === 0; p++) {
        const { key, open } = patterns[p]!
        if ((open || record.keyHash[i] === key.hash) && beginsWith(record, i, key, pool)) nested = 1
      }
      marks[i] = nested
      found += nested
    }
    return found
  }

  return (record) => {
    const n = record.count
    const found = mark(record)
    if (found === 0) return KEEP
    let start: number
    if (prefix === undefined) {
      start = writeMarked(record, marks)
      record.removeMarked(marks, n)
    } else {
      // with other keys two of them may become the same
      for (let i = 0; i < n; i++) if (marks[i] === 1) record.appendCopy(i)
      record.removeMarked(marks, n)
      const first = n - found
      prefix(record, first)
      record.hideKeys(first)
      mergeRepeated(record, first)
      start = record.reserve(bodyRoom(record, first))
      record.used(encodeBody(record, record.bytes[ARENA], start, null, first))
      record.truncate(first)
      record.showKeys(first)
    }
    record.set(under, ARENA, start, record.arenaLength, JSON_TEXT)
    return KEEP
  }
}

/** Writes the marked members as an object into the arena and returns where. */
function writeMarked(record: Record, marks: Uint8Array): number {
  const { count, keyStart, keyEnd, valueStart, valueEnd } = record
  let room = 2
  for (let i = 0; i < count; i++) {
    if (marks[i] === 0) continue
    room += keyEnd[i]! - keyStart[i]! + 6
    if (record.kind[i] === CONSTANT) room += record.constants[i]!.bytes.length
    else room += (valueEnd[i]! - valueStart[i]!) * (record.kind[i] === RAW_TEXT ? ESCAPE_GROWTH : 1)
  }
  const start = record.reserve(room)
  const out = record.bytes[ARENA]
  let at = start
  out[at++] = 0x7b
  for (let i = 0; i < count; i++) {
    if (marks[i] === 0) continue
    if (at > start + 1) out[at++] = 0x2c
    out[at++] = 0x22
    at = copyRun(record.bytes[record.keySource[i] as Source], keyStart[i]!, keyEnd[i]!, out, at)
    out[at++] = 0x22
    out[at++] = 0x3a
    const kind = record.kind[i]
    const bytes = record.bytes[record.valueSource[i] as Source]
    if (kind === JSON_TEXT) at = copyRun(bytes, valueStart[i]!, valueEnd[i]!, out, at)
    else if (kind === RAW_TEXT) {
      out[at++] = 0x22
      at = escapeText(bytes, valueStart[i]!, valueEnd[i]!, out, at)
      out[at++] = 0x22
    } else {
      const constant = record.constants[i]!.bytes
      at = copyRun(constant, 0, constant.length, out, at)
    }
  }
  out[at++] = 0x7d
  record.used(at)
  return start
}

function lift(under: Key, prefix: Prefix): RecordFilter {
  return (record) => {
    const at = record.find(under)
    if (at < 0 || record.kind[at] === RAW_TEXT || record.firstByte(at) !== 0x7b) return KEEP
    record.inline(at)
    const source = record.valueSource[at] as Source
    const start = record.valueStart[at]!
    const end = record.valueEnd[at]!
    record.delete(at)
    const first = record.count
    if (prefix === undefined) {
      scanObject(record, source, start, end)
      return KEEP
    }
    record.hideKeys(first)
    scanObject(record, source, start, end)
    prefix(record, first)
    record.showKeys(first)
    mergeRepeated(record, first)
    return KEEP
  }
}
