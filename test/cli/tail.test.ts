import { describe, expect, it } from 'vitest'
import { commandOf, parseCommand } from '../../src/cli/options.ts'
import { sectionsFor } from '../../src/cli/tail.ts'
import { shapes } from '../support/plan.ts'

function sections(...argv: readonly string[]): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const made = shapes(sectionsFor(parseCommand(commandOf('tail')!, argv), '/state'))
  return Object.fromEntries(made.map(([type, entries]) => [type, Object.fromEntries(entries)]))
}

describe('sectionsFor', () => {
  it('follows one file from its end and shows it', () => {
    expect(sections('/x.log')).toMatchObject({
      service: { 'storage.path': '/state' },
      input: { path: '/x.log', read_from_head: 'off' },
      output: { name: 'pretty', format: 'pretty' }
    })
    expect(sections('/x.log')['input']).not.toHaveProperty('path_key')
  })

  it('names the file where there are several', () => {
    expect(sections('/a', '/b')['input']).toMatchObject({ path: '/a,/b', path_key: 'file' })
    expect(sections('/*.log')['input']).toMatchObject({ path_key: 'file' })
  })

  it('takes its flags', () => {
    expect(sections('/x', '--json', '--since-start', '--grep', 'a b')).toMatchObject({
      input: { read_from_head: 'on' },
      filter: { name: 'grep', regex: 'log a b' },
      output: { format: 'json' }
    })
  })
})
