/** parser: parses the text of one value with a named parser. */
import { compileAccessor } from '../event/accessor.ts'
import { mergeRepeated } from '../event/json-scan.ts'
import { ARENA, type Record, type Source } from '../event/record.ts'
import { PluginError } from '../plugin/context.ts'
import { defineFilter, KEEP } from '../plugin/filter.ts'
import { compiling } from '../plugin/options.ts'
import type { Parser } from '../plugin/parser.ts'

export const parser = defineFilter({
  name: 'parser',
  summary: 'Parses the text of one value with a named parser.',
  description:
    'What the first parser that understands the text finds comes first, then, if asked for, what the record had. ' +
    'Where no parser understands it, the record stays as it is. A time that the parser finds becomes the record\'s.',
  options: {
    key_name: { kind: 'string', required: true, example: 'log', doc: 'The key, or a record accessor, of the text to parse.' },
    parser: { kind: 'string', multiple: true, required: true, example: 'nginx', doc: 'A parser\'s name; several are tried in order.' },
    preserve_key: { kind: 'boolean', default: false, example: 'on', doc: 'Keeps the member that was parsed.' },
    reserve_data: { kind: 'boolean', default: false, example: 'on', doc: 'Keeps the other members.' },
    unescape_key: {
      kind: 'boolean', default: false, doc: 'Nothing any more.', deprecated: 'it has no effect in Fluent Bit either'
    }
  },
  examples: [
    { title: 'Parse the log line', config: "name: parser\nmatch: '*'\nkey_name: log\nparser: nginx\nreserve_data: on" }
  ],
  create(options, context) {
    const accessor = compiling('key_name', () => compileAccessor(options.key_name, context.pool))
    const parsers = options.parser.map((name): Parser => {
      const found = context.parser(name)
      if (found === undefined) throw new PluginError(`There is no parser named \`${name}\`.`, 'parser')
      return found
    })
    const topLevel = accessor.path.length === 0
    const { preserve_key: preserve, reserve_data: reserve } = options

    const filter = (record: Record): boolean => {
      const at = record.find(accessor.key)
      if (at < 0) return KEEP
      if (topLevel) {
        if (!record.locateString(at)) return KEEP
      } else if (!locateNested(record)) return KEEP
      const n = record.count
      const source = record.stringSource
      const start = record.stringStart
      const end = record.stringEnd
      record.hideKeys(n)
      let parsed = false
      for (let i = 0; i < parsers.length && !parsed; i++) parsed = parsers[i]!.parse(record, source, start, end)
      if (parsed) arrange(record, n, topLevel ? at : -1)
      else record.showKeys(n)
      return KEEP
    }

    /** Copies the characters of a nested string into the arena. */
    const locateNested = (record: Record): boolean => {
      if (!accessor.locate(record) || !accessor.isString()) return false
      record.stringStart = record.addText(accessor.text())
      record.stringEnd = record.arenaLength
      record.stringSource = ARENA satisfies Source
      return true
    }

    /** Brings what was parsed to the front, then what is kept of the first `n` members, of which `at` was parsed. */
    const arrange = (record: Record, n: number, at: number): void => {
      const parsed = record.count - n
      for (let i = 0; i < n; i++) if (i === at ? preserve : reserve) record.appendCopy(i)
      record.dropFirst(n)
      record.showKeys(record.count)
      mergeRepeated(record, parsed)
    }

    return { forTag: () => filter }
  }
})
