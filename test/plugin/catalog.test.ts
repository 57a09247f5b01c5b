import { describe, expect, it } from 'vitest'
import { loadPlugins, type Catalog } from '../../src/plugin/catalog.ts'

describe('loadPlugins', () => {
  it('loads what is wanted and leaves the rest alone', async () => {
    const loaded: string[] = []
    const plugin = (name: string) => async () => {
      loaded.push(name)
      return name.toUpperCase()
    }
    const catalog: Catalog<string> = { a: plugin('a'), b: plugin('b'), c: plugin('c') }
    expect(await loadPlugins(catalog, new Set(['c', 'a', 'd']))).toEqual({ a: 'A', c: 'C' })
    expect(loaded).toEqual(['a', 'c'])
    expect(Object.keys(await loadPlugins(catalog))).toEqual(['a', 'b', 'c'])
  })
})
