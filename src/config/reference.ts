/** Pages about plugins, made from their declarations: Markdown for the documentation, plain text for a terminal. */

import type { Example } from '../plugin/filter.ts'
import type { Field, Fields } from './fields.ts'
import { describeExpected } from './values.ts'

/** What the pages need of a plugin's declaration. */
export interface Described {
  readonly name: string
  readonly summary: string
  readonly description?: string
  readonly options: Fields
  readonly examples?: readonly Example[]
}

/** A Markdown page with every option in a table. `kind` is `input`, `filter`, `output` or `processor`. */
export function markdownPage(kind: string, plugin: Described): string {
  const examples = (plugin.examples ?? []).flatMap(({ title, config }) => {
    return ['', `### ${title}`, '', '```yaml', asItem(kind, config), '```']
  })
  return [
    `# ${plugin.name} (${kind})`,
    '',
    plugin.summary,
    ...(plugin.description === undefined ? [] : ['', plugin.description]),
    '',
    '## Options',
    '',
    ...markdownTable(plugin.options),
    ...(examples.length === 0 ? [] : ['', '## Examples', ...examples]),
    ''
  ].join('\n')
}

/** The rows of an option table with its head. */
export function markdownTable(fields: Fields): string[] {
  const rows = Object.entries(fields).map(([name, field]) => {
    const cells = [`\`${name}\`${field.prefix === true ? '…' : ''}`, kindOf(field), defaultText(field), sentenceOf(field)]
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  return rows.length === 0 ? ['None of its own.'] : ['| option | value | default | meaning |', '|---|---|---|---|', ...rows]
}

/** The same for a terminal. */
export function terminalPage(kind: string, plugin: Described): string {
  const options = Object.entries(plugin.options).flatMap(([name, field]) => [
    `  ${name}${field.prefix === true ? '…' : ''}`,
    `      ${sentenceOf(field).replaceAll('`', '')}`,
    `      ${[kindOf(field), field.required === true ? '' : `default ${defaultText(field)}`].filter((part) => part !== '').join('; ')}`
  ])
  const examples = (plugin.examples ?? []).flatMap(({ title, config }) => {
    return ['', title, ...asItem(kind, config).split('\n').map((line) => `  ${line}`)]
  })
  return [
    `${plugin.name} (${kind}): ${plugin.summary}`,
    ...(plugin.description === undefined ? [] : ['', plugin.description]),
    '',
    'Options',
    ...options,
    ...examples
  ].join('\n')
}

function kindOf(field: Field): string {
  const kind = field.prefix === true ? 'a text for each name' : describeExpected(field)
  return [kind, field.multiple === true ? 'may be repeated' : '', field.required === true ? 'required' : '']
    .filter((part) => part !== '')
    .join(', ')
}

function sentenceOf(field: Field): string {
  return [
    field.doc,
    field.differs === undefined ? '' : `Differs: ${field.differs}.`,
    field.deprecated === undefined ? '' : `Deprecated: ${field.deprecated}.`,
    field.withoutEffect === undefined ? '' : `No effect: ${field.withoutEffect}.`,
    field.aliases === undefined ? '' : `Also written ${field.aliases.join(', ')}.`
  ].filter((part) => part !== '').join(' ')
}

/** A default as a person would write it. */
export function defaultText(field: Field): string {
  const value = field.default
  if (value === undefined) return '–'
  if (value === Infinity) return 'unlimited'
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (field.kind === 'duration' && typeof value === 'number') return durationText(value)
  if (field.kind === 'size' && typeof value === 'number') return sizeText(value)
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function durationText(milliseconds: number): string {
  for (const [unit, factor] of [['d', 86_400_000], ['h', 3_600_000], ['m', 60_000]] as const) {
    if (milliseconds > 0 && milliseconds % factor === 0) return `${milliseconds / factor}${unit}`
  }
  return `${milliseconds / 1000}s`
}

function sizeText(bytes: number): string {
  for (const [unit, factor] of [['G', 1e9], ['M', 1e6], ['K', 1e3]] as const) {
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`
  }
  return String(bytes)
}

function asItem(kind: string, config: string): string {
  const indented = config.trim().split('\n').map((line, index) => `    ${index === 0 ? '- ' : '  '}${line}`)
  const head = kind === 'processor' ? ['processors:', '  logs:'] : ['pipeline:', `  ${kind}s:`]
  return [...head, ...indented].join('\n')
}
