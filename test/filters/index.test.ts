import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseValue } from '../../src/config/values.ts'
import { filters, processors } from '../../src/filters/index.ts'
import { loadPlugins } from '../../src/plugin/catalog.ts'
import { build, jsonParser, type Properties } from './support.ts'

const all = Object.values(await loadPlugins({ ...filters, ...processors }))

describe('the table of filters', () => {
  it('names each filter once, in order', () => {
    const names = Object.keys(filters)
    expect(names).toEqual(names.toSorted())
  })

  it.each(all.flatMap((filter) => (filter.examples ?? []).map((example) => [filter.name, example.title, example.config] as const)))(
    '%s: %s loads', async (name, _, config) => {
      const { name: written, match: _match, ...properties } = parse(config) as Properties
      expect(written).toBe(name)
      await expect(build(name, properties, jsonParser)).resolves.toBeDefined()
    }
  )

  it.each(all)('every option of $name has a sentence, and an example that is a value of its kind', ({ options }) => {
    for (const [name, field] of Object.entries(options)) {
      expect(field.doc, name).toMatch(/\.$/)
      if (field.example !== undefined) expect(parseValue(field, field.example).ok, `${name}: ${field.example}`).toBe(true)
    }
  })
})
