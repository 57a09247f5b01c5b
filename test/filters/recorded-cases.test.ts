import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compileCondition, type ConditionDefinition } from '../../src/event/condition.ts'
import { bodyOf, build, fill, fillCri, jsonParser, regexParser, type Properties } from './support.ts'

/** Recorded behaviour of Fluent Bit 5.1.1: a filter, lines, and what it printed (times left out). */
interface Case {
  readonly name: string
  readonly tag: string
  readonly cri: boolean
  readonly filters: readonly { readonly name: string; readonly [property: string]: unknown }[]
  readonly parsers: readonly { readonly name: string; readonly format: string; readonly regex?: string; readonly types?: string }[]
  readonly meta: { readonly [file: string]: unknown }
  readonly lines: readonly string[]
  readonly expected: readonly string[]
}

const cases = JSON.parse(readFileSync(path.join(import.meta.dirname, 'recorded-cases.json'), 'utf8')) as readonly Case[]

let folder = ''
beforeAll(async () => { folder = await mkdtemp(path.join(os.tmpdir(), 'fantail-cases-')) })
afterAll(() => rm(folder, { recursive: true }))

describe('recorded behaviour of Fluent Bit', () => {
  it.each(cases)('$name', async (recorded) => {
    for (const [file, content] of Object.entries(recorded.meta)) await writeFile(path.join(folder, file), JSON.stringify(content))
    const [only] = recorded.filters
    const { name, match: _, ...all } = only!
    const condition = typeof all['condition'] === 'object' ? (all['condition'] as ConditionDefinition) : undefined
    const properties = condition === undefined ? all : { ...all, condition: undefined }
    const text = JSON.stringify(properties).replaceAll('${CASE_DIR}/meta', folder).replaceAll('${HOST_UNDER_TEST}', 'node-7')
    const built = await build(name, JSON.parse(text) as Properties, (wanted, pool) => {
      const parser = recorded.parsers.find((known) => known.name === wanted)
      if (parser?.format === 'regex') return regexParser(wanted, parser.regex!, pool, parser.types === undefined ? [] : ['size'])
      return parser === undefined ? undefined : jsonParser(wanted)
    })
    const holds = condition === undefined
      ? () => true
      : compileCondition({ ...condition, rules: condition.rules.map((rule) => ({ ...rule, context: 'body' })) }, built.pool)
    const filter = built.filter.forTag(recorded.tag)
    const bodies: string[] = []
    for (const line of recorded.lines) {
      ;(recorded.cri ? fillCri : fill)(built.record, line)
      if (!holds(built.record) || filter(built.record)) bodies.push(normal(bodyOf(built.record)))
    }
    const sent = built.emitted.map(({ tag, body }) => `${tag}: [0, ${normal(body)}]`)
    const expected = recorded.expected.filter((line) => line !== '')
    if (name === 'rewrite_tag') {
      expect([...bodies.map((body) => `${recorded.tag}: [0, ${body}]`), ...sent]).toEqual(expected)
    } else expect(bodies).toEqual(expected.map(normal))
  })
})

/** The same spelling for the same keys and values in the same order. */
function normal(json: string): string {
  return JSON.stringify(JSON.parse(json))
}
