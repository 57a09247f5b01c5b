/** Every recorded case's configuration is right for the strict check, but for plugins that are not there. */
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadTables } from '../../src/cli/tables.ts'
import { planFile } from '../../src/config/make-plan.ts'
import { renderProblems } from '../../src/config/problem.ts'
import { tempFolder } from '../support/temp.ts'

const cases = path.join(import.meta.dirname, '../conformance/cases')
const tables = await loadTables()
const out = tempFolder('out')

describe.each(readdirSync(cases))('the configuration of %s', (name) => {
  it('is right', async () => {
    const folder = path.join(cases, name)
    const file = ['fluent-bit.yaml', 'fluent-bit.conf'].map((one) => path.join(folder, one)).find((one) => existsSync(one)) ?? ''
    const { problems, sources } = await planFile(file, { CASE_DIR: folder, OUT_DIR: out, HOST_UNDER_TEST: 'node-7' }, tables)
    const missing = problems.filter(({ code }) => code === 'missing-plugin')
    expect(renderProblems(problems.filter((problem) => !missing.includes(problem)), sources)).toBe('')
    expect(missing.map(({ message }) => message)).toEqual(
      name === 'filter-lua' && tables.filters['lua'] === undefined ? ['Fluent Bit has the filter plugin lua, Fantail does not'] : []
    )
  })
})
