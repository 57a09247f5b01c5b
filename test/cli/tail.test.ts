import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { commandOf, parseCommand } from '../../src/cli/options.ts'
import { sectionsFor } from '../../src/cli/tail.ts'
import { testIo } from '../support/io.ts'
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

describe('fantail tail', () => {
  it('refuses a folder, with what to do, and points at an expression that is wrong', async () => {
    const io = testIo()
    expect(await main(['tail', tmpdir()], io)).toBe(1)
    expect(io.written.err).toBe(`fantail: ${tmpdir()} is a folder: name its files, for example ${tmpdir()}/*.log\n`)
    const wrong = testIo()
    expect(await main(['tail', '--grep', 'a(', '/nowhere.log'], wrong)).toBe(1)
    expect(wrong.written.err).toContain('/nowhere.log is not there yet')
    expect(wrong.written.err).toContain('fantail tail --grep a( /nowhere.log\n     |                     ^')
  })
})
