import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { loadTables } from '../src/cli/tables.ts'
import { filterOptions, inputOptions, networkOptions, outputOptions } from '../src/config/common-options.ts'
import type { Fields } from '../src/config/fields.ts'
import { serviceOptions } from '../src/config/service-options.ts'
import { keyOrder, notYet, onPurpose } from './conformance/known-differences.ts'

const tables = await loadTables()
const page = readFileSync(new URL('../docs/differences.md', import.meta.url), 'utf8')
const rows = page.split('\n').filter((line) => line.startsWith('| '))

const owners: readonly (readonly [string, Fields])[] = [
  ['service', serviceOptions],
  ['every input', inputOptions],
  ['every filter', filterOptions],
  ['every output', outputOptions],
  ['outputs over the network', networkOptions],
  ...Object.values(tables.inputs).map((plugin) => [`input ${plugin.name}`, plugin.options] as const),
  ...Object.values(tables.filters).map((plugin) => [`filter ${plugin.name}`, plugin.options] as const),
  ...Object.values(tables.outputs).map((plugin) => [`output ${plugin.name}`, plugin.options] as const)
]

it('the page of differences has a row for every option that is declared to differ, and for no other', () => {
  const declared = owners.flatMap(([owner, fields]) => (
    Object.entries(fields).flatMap(([name, field]) => field.differs === undefined ? [] : [`${owner}: ${name}`])
  ))
  const table = page.split('## Defaults and meanings of options\n')[1]!.split('\n## ')[0]!
  const told = [...table.matchAll(/^\| ([^|`]+) \| `([^`]+)` \|/gm)].flatMap(([, where = '', name]) => (
    where.split(', ').map((owner) => `${owner}: ${name}`)
  ))
  expect(told.sort()).toEqual(declared.sort())
})

it('the page of differences names every recorded case that we answer otherwise or not yet', () => {
  const cases = [...Object.keys(onPurpose), ...Object.keys(keyOrder)]
  expect(cases.filter((name) => !rows.some((row) => row.startsWith(`| \`${name}\` |`)))).toEqual([])
  expect(Object.keys(notYet).filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})
