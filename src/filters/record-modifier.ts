/** record_modifier: appends fixed members, removes members or keeps only some. */
import { randomUUID } from 'node:crypto'
import type { Key, Range } from '../event/pool.ts'
import type { Record } from '../event/record.ts'
import { PluginError } from '../plugin/context.ts'
import { defineFilter, DROP, KEEP } from '../plugin/filter.ts'

export const recordModifier = defineFilter({
  name: 'record_modifier',
  summary: 'Appends fixed members, removes members, or keeps only some.',
  description:
    'Keys to remove or to keep are compared without case; a `*` at the end stands for any ending. A record that is left ' +
    'without members is dropped.',
  options: {
    record: {
      kind: 'words', count: 2, multiple: true, example: 'cluster ${CLUSTER_NAME}',
      doc: 'A key and a value to append, as a string.'
    },
    remove_key: { kind: 'string', multiple: true, example: 'password', doc: 'A key to remove.' },
    allowlist_key: {
      kind: 'string', multiple: true, aliases: ['whitelist_key'], example: 'log',
      doc: 'A key to keep; all others are removed.'
    },
    uuid_key: { kind: 'string', example: 'record_uuid', doc: 'Appends a random UUID under this key.' }
  },
  examples: [
    { title: 'Name the host', config: "name: record_modifier\nmatch: '*'\nrecord: host ${HOSTNAME}" }
  ],
  create(options, context) {
    if (options.remove_key.length > 0 && options.allowlist_key.length > 0) {
      throw new PluginError('`remove_key` and `allowlist_key` exclude each other.', 'allowlist_key')
    }
    const { pool } = context
    const appended: { readonly key: Key; readonly value: Range }[] = options.record.map(([name = '', text = '']) => (
      { key: pool.key(name), value: pool.json(text) }
    ))
    const removing = options.remove_key.length > 0
    const patterns = (removing ? options.remove_key : options.allowlist_key).map(compilePattern)
    const uuid = options.uuid_key === undefined ? undefined : pool.key(options.uuid_key)
    const filter = (record: Record): boolean => {
      if (patterns.length > 0) {
        for (let i = record.count - 1; i >= 0; i--) if (isListed(record, i, patterns) === removing) record.delete(i)
      }
      for (let i = 0; i < appended.length; i++) record.setPooled(appended[i]!.key, appended[i]!.value)
      if (uuid !== undefined) record.setText(uuid, randomUUID())
      return record.count > 0 ? KEEP : DROP
    }
    return { forTag: () => filter }
  }
})

interface Pattern {
  /** Lower case, as spelled in JSON. */
  readonly bytes: Buffer
  readonly open: boolean
}

function compilePattern(text: string): Pattern {
  const open = text.endsWith('*')
  const spelled = JSON.stringify(open ? text.slice(0, -1) : text).slice(1, -1)
  return { bytes: Buffer.from(spelled).map(lower) as Buffer, open }
}

function isListed(record: Record, index: number, patterns: readonly Pattern[]): boolean {
  const bytes = record.bytes[record.keySource[index] as 0 | 1 | 2]
  const start = record.keyStart[index]!
  const length = record.keyEnd[index]! - start
  next: for (let p = 0; p < patterns.length; p++) {
    const wanted = patterns[p]!.bytes
    if (patterns[p]!.open ? length < wanted.length : length !== wanted.length) continue
    for (let i = 0; i < wanted.length; i++) if (lower(bytes[start + i]!) !== wanted[i]) continue next
    return true
  }
  return false
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte
}
