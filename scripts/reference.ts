/**
 * Writes docs/reference/ from the declarations: a page for each plugin, the options that all have, the tables of
 * differences and of options without effect, and schema.json for editors. `--check` writes nothing and fails when
 * something would change.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { loadTables } from '../src/cli/tables.ts'
import { filterOptions, inputOptions, networkOptions, outputOptions } from '../src/config/common-options.ts'
import type { Fields } from '../src/config/fields.ts'
import { configurationSchema } from '../src/config/json-schema.ts'
import { multilineOptions, parserOptions } from '../src/config/parser-options.ts'
import { defaultText, markdownPage, markdownTable, type Described } from '../src/config/reference.ts'
import { serviceOptions } from '../src/config/service-options.ts'

const folder = path.join(import.meta.dirname, '../docs/reference')
const head = '<!-- Made by scripts/reference.ts from the declarations in src/. Do not edit. -->\n\n'

const tables = await loadTables()
const kinds: readonly (readonly [string, readonly Described[]])[] = [
  ['input', Object.values(tables.inputs)],
  ['filter', Object.values(tables.filters)],
  ['output', Object.values(tables.outputs)],
  ['processor', Object.values(tables.processors ?? {})]
]
const shared: readonly (readonly [string, Fields])[] = [
  ['service', serviceOptions],
  ['every input', inputOptions],
  ['every filter', filterOptions],
  ['every output', outputOptions],
  ['outputs over the network', networkOptions],
  ['parsers', parserOptions],
  ['multiline parsers', multilineOptions]
]
const all: readonly (readonly [string, Fields])[] = [
  ...shared,
  ...kinds.flatMap(([kind, plugins]) => plugins.map((plugin) => [`${kind} ${plugin.name}`, plugin.options] as const))
]

const pages = new Map<string, string>([
  ['README.md', index()],
  ['options.md', ['# Options that are not of one plugin', ...shared.flatMap(([title, fields]) => {
    return ['', `## ${title[0]?.toUpperCase()}${title.slice(1)}`, '', ...markdownTable(fields)]
  }), ''].join('\n')],
  ['differences.md', differences()],
  ...kinds.flatMap(([kind, plugins]) => plugins.map((plugin) => [`${kind}-${plugin.name}.md`, markdownPage(kind, plugin)] as const))
])
const files = new Map([...pages].map(([name, text]) => [name, head + text]))
files.set('schema.json', `${JSON.stringify(configurationSchema(tables), null, 2)}\n`)

const there = existsSync(folder) ? readdirSync(folder) : []
const stale = there.filter((name) => !files.has(name))
const changed = [...files].filter(([name, text]) => !there.includes(name) || readFileSync(path.join(folder, name), 'utf8') !== text)
if (process.argv.includes('--check')) {
  for (const name of [...stale, ...changed.map(([changedName]) => changedName)]) {
    console.error(`docs/reference/${name} is out of date: run node scripts/reference.ts`)
    process.exitCode = 1
  }
} else {
  mkdirSync(folder, { recursive: true })
  for (const name of stale) rmSync(path.join(folder, name))
  for (const [name, text] of changed) writeFileSync(path.join(folder, name), text)
}

function index(): string {
  return ['# Reference', '', '- [Options that are not of one plugin](options.md)', '- [Where defaults differ from Fluent Bit, and what has no effect](differences.md)',
    ...kinds.flatMap(([kind, plugins]) => [
      '', `## ${kind[0]?.toUpperCase()}${kind.slice(1)}s`, '', ...plugins.map(({ name, summary }) => `- [${name}](${kind}-${name}.md): ${summary}`)
    ]), ''].join('\n')
}

function differences(): string {
  const options = all.flatMap(([owner, fields]) => Object.entries(fields).map(([name, field]) => ({ owner, name, field })))
  const row = (...cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [
    '# Where Fantail differs from Fluent Bit',
    '',
    '## Defaults that differ, because Fluent Bit\'s lose data',
    '',
    '| where | option | default here | reason |',
    '|---|---|---|---|',
    ...options.flatMap(({ owner, name, field }) => field.differs === undefined ? [] : [row(owner, `\`${name}\``, defaultText(field), field.differs)]),
    '',
    '## Options that are accepted and have no effect',
    '',
    '| where | option | reason |',
    '|---|---|---|',
    ...options.flatMap(({ owner, name, field }) => field.withoutEffect === undefined ? [] : [row(owner, `\`${name}\``, field.withoutEffect)]),
    ''
  ].join('\n')
}
