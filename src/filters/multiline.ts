/** multiline: joins records whose texts are lines of one message, such as a stack trace. */
import type { Key } from '../event/pool.ts'
import type { Record } from '../event/record.ts'
import { PluginError } from '../plugin/context.ts'
import { defineFilter, KEEP, type Filter, type FilterContext, type Seam } from '../plugin/filter.ts'

const nothingEmitted = 'nothing is sent through an input of its own: what is joined goes on behind the filter'

export const multiline = defineFilter({
  name: 'multiline',
  wayInOnly: true,
  summary: 'Joins records whose texts are lines of one message, such as a stack trace.',
  description: 'The joined record has the time and the other keys of its first line. Records of one file are joined, whatever '
    + 'others are read between them. A record without the key, or whose text begins and continues no message, goes on as '
    + 'it is. Records that wait are read again after a kill; an orderly stop sends them.',
  options: {
    'multiline.parser': {
      kind: 'list', multiple: true, example: 'go, java, python', doc: 'Multiline parsers, tried in order.'
    },
    'multiline.key_content': { kind: 'string', default: 'log', example: 'log', doc: 'Key of the text.' },
    flush_ms: { kind: 'integer', default: 2000, min: 1, example: '2000', doc: 'Milliseconds after the last line at which a message is complete.' },
    mode: {
      kind: 'choice', values: ['parser', 'partial_message'], default: 'parser', example: 'partial_message',
      doc: 'How messages are known: by multiline parsers, or by the marks that docker puts on the parts of long ones '
        + '(partial_message, partial_id, partial_last), which are taken off. Records without the marks go on at once then.'
    },
    buffer: {
      kind: 'boolean', default: true, example: 'on', doc: 'Join across chunks.',
      withoutEffect: 'records are always joined across what is read at once'
    },
    debug_flush: { kind: 'boolean', default: false, example: 'on', doc: 'Print what is sent.', withoutEffect: 'the ledger tells what waits and what was joined' },
    emitter_name: { kind: 'string', example: 'joined', doc: 'Name of the input that sends joined records.', withoutEffect: nothingEmitted },
    'emitter_storage.type': {
      kind: 'choice', values: ['memory', 'filesystem'], default: 'memory', example: 'filesystem', doc: 'Storage of that input.', withoutEffect: nothingEmitted
    },
    emitter_mem_buf_limit: { kind: 'size', default: 10_000_000, example: '10M', doc: 'Limit of that input.', withoutEffect: nothingEmitted }
  },
  examples: [
    { title: 'Stack traces in container logs', config: "name: multiline\nmatch: 'kube.*'\nmultiline.key_content: log\nmultiline.parser: go, java, python" }
  ],
  create(options, context) {
    const names = options['multiline.parser'].flat()
    if (options.mode === 'partial_message') return partialMessages(options['multiline.key_content'], options.flush_ms, context)
    if (names.length === 0) throw new PluginError('multiline.parser is missing: which messages are to be joined?')
    const key = context.pool.key(options['multiline.key_content'])
    const factory = context.joiner(names, { key: options['multiline.key_content'], flushTimeout: options.flush_ms, ofRecords: true })
    const forTag = (): (() => Seam) => {
      const seam: Seam = { factory }
      return () => seam
    }
    return { joins: { key, forTag }, forTag: () => () => KEEP }
  }
})

function partialMessages(content: string, flushTimeout: number, context: FilterContext): Filter {
  const [key, mark, id] = [content, 'partial_message', 'partial_id'].map((name) => context.pool.key(name)) as [Key, Key, Key]
  const factory = context.joiner([], { key: content, flushTimeout, ofRecords: true, partials: true })
  const isPart = (record: Record): boolean => {
    const index = record.find(mark)
    return index >= 0 && /^true/i.test(record.text(index)) && record.find(id) >= 0
  }
  const forTag = (): ((record: Record) => Seam | undefined) => {
    const seam: Seam = { factory }
    return (record) => (isPart(record) ? seam : undefined)
  }
  return { joins: { key, forTag }, forTag: () => () => KEEP }
}
