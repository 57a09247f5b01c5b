import { describe, expect, it } from 'vitest'
import { findPlugin, type Kind } from '../../src/config/find-plugin.ts'
import { Problems } from '../../src/config/problem.ts'

const place = { file: 'a', line: 1, column: 1 }

function find(kind: Kind, name: string, table: Readonly<Record<string, number>>): { found: unknown; said: string[] } {
  const problems = new Problems()
  const entry = { key: 'name', place, value: { kind: 'scalar', text: name, plain: name, place } } as const
  const found = findPlugin(kind, entry, place, table, { problems, tolerant: false, hidden: [] })
  return { found, said: problems.list.flatMap(({ code, hint }) => [code, hint ?? '']) }
}

describe('findPlugin', () => {
  it('finds a plugin in any case', () => {
    expect(find('output', ' ES ', { es: 1 }).found).toEqual({ plugin: 'es', spec: 1 })
  })

  it('names a replacement of a plugin that only Fluent Bit has', () => {
    expect(find('output', 'firehose', { kinesis_firehose: 1 }).said).toEqual(['missing-plugin', 'Use kinesis_firehose.'])
    expect(find('output', 'firehose', { es: 1 }).said).toEqual(['missing-plugin', 'Fantail has es.'])
  })

  it('proposes a plugin of Fluent Bit when that was meant', () => {
    expect(find('input', 'sytemd', { tail: 1 }).said).toEqual(['unknown-plugin', 'Did you mean systemd?'])
  })

  it('wants a name', () => {
    expect(find('input', '', {}).said[0]).toBe('plugin-unnamed')
  })
})
