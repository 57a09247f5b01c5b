/**
 * Fluent Bit's classic format as a document: `[SECTION]` lines, indented `Key value` lines below them, one more level
 * for groups such as `[PROCESSORS]`, `#` comments, and the commands `@INCLUDE` and `@SET`, which become sections of the
 * types `includes` and `env` where they stand.
 */

import { own } from '../lib/own.ts'
import type { Entry, Section } from './document.ts'
import type { Place } from './fields.ts'
import type { Problems } from './problem.ts'

/** Names of classic sections where they differ from those of a document. */
const types: Readonly<Record<string, string>> = { stream_task: 'stream_processor', upstream: 'upstream', node: 'upstream' }

interface OpenSection {
  readonly type: string
  readonly title: string
  readonly place: Place
  readonly entries: Entry[]
  indent: string | undefined
  group: OpenGroup | undefined
}

interface OpenGroup {
  readonly indent: string
  readonly entries: Entry[]
  inner: string | undefined
}

/** The sections of a classic text, in order. */
export function readClassic(text: string, file: string, problems: Problems): Section[] {
  const sections: Section[] = []
  let open: OpenSection | undefined

  for (const [index, raw] of text.replace(/^\uFEFF/, '').split('\n').entries()) {
    const line = raw.trimEnd()
    const indent = /^[ \t]*/.exec(line)?.[0] ?? ''
    const content = line.slice(indent.length)
    const place = { file, line: index + 1, column: indent.length + 1 }
    if (content === '' || content.startsWith('#')) continue

    if (content.startsWith('@')) {
      const command = readCommand(content, place, problems)
      if (command !== undefined) sections.push(command)
    } else if (indent === '' && content.startsWith('[')) {
      open = openSection(content, place, problems)
      if (open !== undefined) sections.push(open)
    } else if (open === undefined) {
      problems.error('classic-outside', {}, place, { length: content.length, hint: 'Begin a section first, such as [INPUT].' })
    } else if (indent === '') {
      problems.error('classic-indent', {}, place, {
        length: content.length,
        hint: `Indent the properties of [${open.title}], all alike.`
      })
    } else if (content.startsWith('[') && content.endsWith(']')) {
      openGroup(open, content, indent, place, problems)
    } else {
      addProperty(open, content, indent, place, problems)
    }
  }
  return sections
}

function openSection(content: string, place: Place, problems: Problems): OpenSection | undefined {
  const title = /^\[([^[\]]+)\]$/.exec(content)?.[1]?.trim()
  if (title === undefined) {
    problems.error('classic-header', {}, place, { length: content.length })
    return undefined
  }
  const type = title.toLowerCase()
  return { type: own(types, type) ?? type, title, place, entries: [], indent: undefined, group: undefined }
}

/** Groups hold what YAML has as a map under a key; only processors are known. */
function openGroup(open: OpenSection, content: string, indent: string, place: Place, problems: Problems): void {
  open.indent ??= indent
  if (indent !== open.indent) problems.error('classic-indent', {}, place, { length: content.length })
  const key = content.slice(1, -1).trim()
  const entries: Entry[] = []
  open.group = { indent, entries, inner: undefined }
  open.entries.push({ key, place, value: { kind: 'map', entries, place } })
}

function addProperty(open: OpenSection, content: string, indent: string, place: Place, problems: Problems): void {
  const split = content.search(/[ \t]/)
  const key = split < 0 ? content : content.slice(0, split)
  if (split < 0) {
    problems.error('classic-key', { key }, place, { length: key.length, hint: 'Write the value after a blank.' })
    return
  }
  const text = content.slice(split).trim()
  const column = place.column + content.indexOf(text, split)
  const entry: Entry = {
    key,
    place,
    value: { kind: 'scalar', text, plain: text, place: { ...place, column } }
  }
  const { group } = open
  if (group !== undefined && indent.length > group.indent.length) {
    group.inner ??= indent
    if (group.inner !== indent) problems.error('classic-indent', {}, place, { length: content.length })
    group.entries.push(entry)
    return
  }
  open.group = undefined
  open.indent ??= indent
  if (open.indent !== indent) {
    problems.error('classic-indent', {}, place, {
      length: content.length,
      hint: /\t/.test(indent + open.indent) ? 'Tabs and blanks do not mix.' : undefined
    })
  }
  open.entries.push(entry)
}

function readCommand(content: string, place: Place, problems: Problems): Section | undefined {
  const [, command = '', rest = ''] = /^@(\S*)\s*(.*)$/.exec(content) ?? []
  const argument = { ...place, column: place.column + content.indexOf(rest, command.length + 1) }
  switch (command.toLowerCase()) {
    case 'include': {
      const value = { kind: 'scalar', text: rest, plain: rest, place: argument } as const
      return { type: 'includes', title: '@INCLUDE', place, entries: [{ key: 'includes', place, value }] }
    }
    case 'set': {
      const equals = rest.indexOf('=')
      if (equals < 1) {
        problems.error('classic-set', {}, place, { length: content.length })
        return undefined
      }
      const text = rest.slice(equals + 1).trim()
      const value = { kind: 'scalar', text, plain: text, place: argument } as const
      return { type: 'env', title: '@SET', place, entries: [{ key: rest.slice(0, equals).trim(), place, value }] }
    }
    default:
      problems.warning('classic-command', { command: `@${command}` }, place, {
        length: content.length,
        hint: 'Only @INCLUDE and @SET have a meaning; Fluent Bit ignores others, too.'
      })
      return undefined
  }
}
