import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { Record } from '../../../src/event/record.ts'
import { EntryReader } from '../../../src/inputs/systemd/entry.ts'
import { JournalFile } from '../../../src/inputs/systemd/journal-file.ts'
import { KnownFields } from '../../../src/inputs/systemd/known-fields.ts'
import { JournalMaker, type Field } from './make-journal.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'entry-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Read {
  readonly entries: (readonly [name: string, value: unknown][])[]
  readonly units: (string | undefined)[]
  readonly times: (readonly [seconds: number, nanos: number])[]
  readonly reader: EntryReader
}

function read(entries: readonly (readonly Field[])[], given: { readonly most?: number; readonly time?: number; readonly damage?: string } = {}): Read {
  const { most = 8000, time = 1_795_534_312_000_007, damage } = given
  const maker = new JournalMaker(path.join(folder, 'system.journal'))
  entries.forEach((fields, i) => maker.add(fields, time + i))
  if (damage !== undefined) maker.overwrite(maker.offsetOf(damage), Buffer.of(9))
  maker.close()
  const pool = new Pool()
  const reader = new EntryReader(new KnownFields(pool, { lowercase: false, stripUnderscores: false, wanted: new Map() }), most)
  const file = JournalFile.open(maker.path)
  const record = new Record(pool)
  const result: Read = { entries: [], units: [], times: [], reader }
  for (; !file.isRead; file.advance()) {
    expect(file.load()).toBe(true)
    reader.read(file, record)
    result.entries.push(Array.from({ length: record.count }, (_, i) => [record.keyText(i), record.value(i)]))
    result.units.push(reader.unit)
    result.times.push([record.seconds, record.nanos])
    record.reset()
  }
  file.close()
  return result
}

/** By the rule: values in order; those of a name that comes again are an array where it came the second time. */
function rule(fields: readonly Field[]): [string, unknown][] {
  const out: [string, unknown][] = []
  for (const [name, value] of fields) {
    const at = out.findIndex(([known]) => known === name)
    if (at < 0) out.push([name, value])
    else {
      const before = out[at]![1]
      if (Array.isArray(before)) before.push(value)
      else out.push(...out.splice(at, 1).map(([, first]): [string, unknown] => [name, [first, value]]))
    }
  }
  return out
}

describe('an entry', () => {
  it('becomes its fields in their order, repeated ones an array, whether one entry or many have them', () => {
    const field = fc.tuple(fc.constantFrom('A', 'B', '_C', 'MESSAGE'), fc.constantFrom('', 'x', 'y "z"\n', 'ä€😀', '\\', '\u0000'))
    const unlike = (fields: readonly Field[]): boolean => new Set(fields.map((each) => each.join('='))).size === fields.length
    fc.assert(fc.property(fc.array(fc.array(field, { minLength: 1, maxLength: 9 }).filter(unlike), { minLength: 1, maxLength: 5 }), (entries) => {
      expect(read(entries).entries).toEqual(entries.map(rule))
    }), { numRuns: 60 })
  })

  it('has its time to the microsecond', () => {
    expect(read([[['A', '1']], [['A', '2']]], { time: 1_795_534_312_999_999 }).times).toEqual([[1_795_534_312, 999_999_000], [1_795_534_313, 0]])
  })

  it('has as many fields as are allowed', () => {
    expect(read([[['A', '1'], ['B', '2'], ['A', '3'], ['C', '4']]], { most: 3 }).entries).toEqual([[['B', '2'], ['A', ['1', '3']]]])
  })

  it('has the unit of its first such field, and none when there is none', () => {
    const { units } = read([
      [['_SYSTEMD_UNIT', 'a.service']], [['A', '1']], [['_SYSTEMD_UNIT', 'a.service'], ['_SYSTEMD_UNIT', 'b.service']], [['_SYSTEMD_UNITS', 'c']], [['SYSTEMD_UNIT', 'd']]
    ])
    expect(units).toEqual(['a.service', undefined, 'a.service', undefined, undefined])
  })

  it('has what is not UTF-8 with U+FFFD in its place, counted', () => {
    const bytes = Buffer.from([0x61, 0xff, 0x62])
    const { entries, reader } = read([[['A', bytes]], [['A', bytes]], [['A', 'sound']]])
    expect(entries).toEqual([[['A', 'a\ufffdb']], [['A', 'a\ufffdb']], [['A', 'sound']]])
    expect([reader.invalid, reader.damaged]).toEqual([2, 0])
  })

  it('has the fields that are sound when one is damaged, counted', () => {
    const { entries, reader } = read([[['A', '1'], ['B', '2'], ['C', '3']]], { damage: 'B=2' })
    expect([entries, reader.damaged]).toEqual([[[['A', '1'], ['C', '3']]], 1])
  })

  it('may have more names than are kept: none is lost or mixed up', () => {
    const names = Array.from({ length: 2300 }, (_, i) => `N${i}`)
    const { entries } = read([names.map((name): Field => [name, name]), [...names.slice(2200), 'N2299'].map((name, i): Field => [name, String(i)])])
    expect(entries[0]).toEqual(names.map((name) => [name, name]))
    expect(entries[1]!.at(-1)).toEqual(['N2299', ['99', '100']])
    expect(entries[1]!.length).toBe(100)
  })
})
