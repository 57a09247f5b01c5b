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
  const specs: Readonly<Record<string, Described>> = tables[kind] ?? {}
  return Object.entries(specs).map(([name, spec]) => [`${kind}: ${name}`, kind, spec, name] as const)
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

  it('have the plugins that are named alone, and all of a kind of which one is unknown', async () => {
    const set = (...names: string[]): ReadonlySet<string> => new Set(names)
    const some = await loadTables({ inputs: set('tail'), filters: set('grep'), outputs: set('es', 'stdouts'), processors: set('nest', 'content_modifier') })
    expect(Object.keys(some.inputs)).toEqual(['tail'])
    expect(Object.keys(some.filters)).toEqual(['grep', 'nest'])
    expect(Object.keys(some.processors ?? {})).toEqual(['content_modifier'])
    expect(Object.keys(some.outputs)).toEqual(Object.keys(tables.outputs))

    const misplaced = await loadTables({ inputs: set(), filters: set('content_modifier'), outputs: set(), processors: set() })
    expect(Object.keys(misplaced.filters)).toEqual(Object.keys(tables.filters))
  })
})

describe.each(all)('%s', (_, kind, spec, name) => {
  it('is called what the table calls it', () => {
    expect(spec.name).toBe(name)
  })

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
