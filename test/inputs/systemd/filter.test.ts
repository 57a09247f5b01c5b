import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { EntryFilter, wantedFields } from '../../../src/inputs/systemd/filter.ts'
import { JournalFile } from '../../../src/inputs/systemd/journal-file.ts'
import { KnownFields } from '../../../src/inputs/systemd/known-fields.ts'
import { PluginError } from '../../../src/plugin/context.ts'
import { JournalMaker, type Field, type JournalOptions } from './make-journal.ts'

/** Which of the entries are taken. */
function taken(entries: readonly (readonly Field[])[], matches: readonly string[], all: boolean, options: JournalOptions = {}): boolean[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'filter-'))
  try {
    const maker = new JournalMaker(path.join(folder, 'system.journal'), options)
    entries.forEach((fields, i) => maker.add(fields, 1_795_534_312_000_000 + i))
    maker.close()
    const wanted = wantedFields(matches)
    const filter = new EntryFilter(new KnownFields(new Pool(), { lowercase: true, stripUnderscores: true, wanted }), wanted.size, all)
    expect(filter.takesAll).toBe(matches.length === 0)
    const file = JournalFile.open(maker.path)
    const result: boolean[] = []
    for (; file.load(); file.advance()) result.push(filter.takes(file))
    file.close()
    return result
  } finally {
    rmSync(folder, { recursive: true })
  }
}

it('takes entries that have any, or all, of the fields, by name and value', () => {
  const field = fc.tuple(fc.constantFrom('A', 'AB', '_A'), fc.constantFrom('', '1', '2', '12'))
  const fields = fc.uniqueArray(field, { minLength: 1, maxLength: 6, selector: (each) => each.join('=') })
  fc.assert(fc.property(fc.array(fields, { minLength: 1, maxLength: 6 }), fc.array(field, { maxLength: 4 }), fc.boolean(), (entries, wanted, all) => {
    const matches = wanted.map((each) => each.join('='))
    const has = (entry: readonly Field[]) => (match: string): boolean => entry.some((each) => each.join('=') === match)
    expect(taken(entries, matches, all)).toEqual(entries.map((entry) => matches.length === 0 || (all ? matches.every(has(entry)) : matches.some(has(entry)))))
  }), { numRuns: 60 })
})

it('finds values that are compressed, long, or beyond ASCII', () => {
  const long = `x${'y'.repeat(3000)}`
  const entries: Field[][] = [[['A', long]], [['A', `${long}z`]], [['B', 'äö']], [['B', 'ao']], [['A', long], ['B', 'äö']]]
  for (const compression of ['none', 'zstd', 'lz4'] as const) {
    expect(taken(entries, [`A=${long}`, 'B=äö'], false, { compression })).toEqual([true, false, true, false, true])
    expect(taken(entries, [`A=${long}`, 'B=äö'], true, { compression })).toEqual([false, false, false, false, true])
  }
})

it.each(['', 'A', '=x', 'a=x', '1A=x', 'A B=x', `${'A'.repeat(65)}=x`])('refuses what no field of the journal is called: "%s"', (match) => {
  expect(() => wantedFields(['A=1', match])).toThrow(PluginError)
  expect(() => wantedFields([match])).toThrow(`systemd_filter must be FIELD=value with the name of a field of the journal, not ${match}`)
})

it('takes what stands behind the first = as the value, and a field that is given twice once', () => {
  expect([...wantedFields(['A=b=c', 'A=', 'A=b=c', '_X9=1'])]).toEqual([['A=b=c', 0], ['A=', 1], ['_X9=1', 2]])
})
