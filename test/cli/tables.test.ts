import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadTables } from '../../src/cli/tables.ts'
import { planFile } from '../../src/config/make-plan.ts'
import { renderProblems } from '../../src/config/problem.ts'
import type { Described } from '../../src/config/reference.ts'
import { describeExpected, parseValue } from '../../src/config/values.ts'
import { tempFolder } from '../support/temp.ts'

const tables = await loadTables()
const all = (['inputs', 'filters', 'outputs', 'processors'] as const).flatMap((kind) => {
  const specs: readonly Described[] = Object.values(tables[kind] ?? {})
  return specs.map((spec) => [`${kind}: ${spec.name}`, kind, spec] as const)
})

describe('the tables', () => {
  it('know what is wrong with a regular expression and with a parser', () => {
    expect(tables.regexFault('^(?<a>\\S+)$')).toBeUndefined()
    expect(tables.regexFault('(a')).toBeDefined()
    expect([...tables.stockParsers]).toEqual(expect.arrayContaining(['cri', 'docker', 'nginx', 'json']))
    expect([...tables.stockMultilineParsers]).toEqual(expect.arrayContaining(['cri', 'docker', 'java']))
  })

  it('have content_modifier as a processor only', () => {
    expect(Object.keys(tables.filters)).not.toContain('content_modifier')
    expect(Object.keys(tables.processors ?? {})).toContain('content_modifier')
  })
})

describe.each(all)('%s', (_, kind, spec) => {
  it('has a summary, and a sentence for every option', () => {
    expect(spec.summary).toMatch(/^[A-Z].*\.$/)
    for (const [name, field] of Object.entries(spec.options)) {
      expect(field.doc, name).toMatch(/\S/)
      expect(name, 'names are in lower case').toBe(name.toLowerCase())
    }
  })

  it('has examples and defaults of its options that are right', () => {
    for (const [name, field] of Object.entries(spec.options)) {
      if (field.example === undefined || field.kind === 'any') continue
      expect(parseValue(field, field.example).ok, `${name}: ${field.example} is not ${describeExpected(field)}`).toBe(true)
    }
  })

  it('has examples that are right', async () => {
    if (kind === 'processors') return
    for (const { title, config } of spec.examples ?? []) {
      const others = {
        inputs: 'inputs: [{name: tail, path: x, tag: a.b}]', filters: '', outputs: 'outputs: [{name: stdout, match: \'*\'}]'
      }
      const own = `${kind}:\n${config.trim().replace(/^/gm, '      ').replace('      ', '    - ')}`
      const file = path.join(tempFolder('example'), 'agent.yaml')
      writeFileSync(file, `pipeline:\n  ${Object.values({ ...others, [kind]: own }).filter((text) => text !== '').join('\n  ')}\n`)
      const { problems, sources } = await planFile(file, {}, tables, { elsewhere: true })
      const errors = problems.filter(({ level, code }) => level === 'error' && code !== 'unknown-parser' && code !== 'input-goes-nowhere')
      expect(renderProblems(errors, sources), title).toBe('')
    }
  })
})
