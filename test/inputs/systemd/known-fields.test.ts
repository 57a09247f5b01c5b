import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { JournalFile } from '../../../src/inputs/systemd/journal-file.ts'
import { KnownFields } from '../../../src/inputs/systemd/known-fields.ts'
import { JournalMaker, type Field } from './make-journal.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'known-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A file in which two entries have these fields, and one has each of `own`. */
function journal(shared: readonly Field[], own: readonly Field[] = [], name = 'system'): { readonly maker: JournalMaker; readonly file: JournalFile } {
  const maker = new JournalMaker(path.join(folder, `${name}.journal`))
  maker.add(shared, 1)
  maker.add([...shared, ...own], 2)
  maker.close()
  return { maker, file: JournalFile.open(maker.path) }
}

const known = (wanted: ReadonlyMap<string, number> = new Map(), lowercase = false, stripUnderscores = false): KnownFields =>
  new KnownFields(new Pool(), { lowercase, stripUnderscores, wanted })

function valueOf(fields: KnownFields, file: JournalFile, offset: number): unknown {
  const found = fields.get(file, offset)
  return found === undefined ? undefined : JSON.parse(fields.block.toString('utf8', found.start, found.end))
}

describe('fields that entries share', () => {
  it('are known by file and offset, as JSON text; others are not', () => {
    const one = journal([['A', 'x "y"\n\u0001'], ['LONG', 'z'.repeat(1100)], ['BINARY', Buffer.of(0xff)]], [['OWN', '1']], 'one')
    const two = journal([['A', 'other'], ['B', '2']], [], 'two')
    const fields = known()
    for (let round = 0; round < 2; round++) {
      expect(['A=x "y"\n\u0001', `LONG=${'z'.repeat(1100)}`, 'BINARY=\u00ff', 'OWN=1'].map((text) => valueOf(fields, one.file, one.maker.offsetOf(text))))
        .toEqual(['x "y"\n\u0001', undefined, undefined, undefined])
      expect(['A=other', 'B=2'].map((text) => valueOf(fields, two.file, two.maker.offsetOf(text)))).toEqual(['other', '2'])
    }
    one.file.close()
    two.file.close()
  })

  it('are right also when there are more than can be remembered', () => {
    const many = Array.from({ length: 900 }, (_, i): Field => [`F${i}`, `${i}${'"'.repeat(900)}`])
    const { maker, file } = journal(many)
    const fields = known()
    for (let round = 0; round < 2; round++) {
      for (const [name, value] of many) expect(valueOf(fields, file, maker.offsetOf(`${name}=${value.toString()}`))).toBe(value)
    }
    file.close()
  })

  it('tell the unit, and which of the fields wanted they are', () => {
    const { maker, file } = journal([['_SYSTEMD_UNIT', 'ä.service'], ['A', '1'], ['A', '2']])
    const fields = known(new Map([['A=2', 0], ['B=1', 1]]))
    // names and values as the maker keeps them, as latin1
    const at = (text: string): number => maker.offsetOf(Buffer.from(text).toString('latin1'))
    expect(['_SYSTEMD_UNIT=ä.service', 'A=1', 'A=2'].map((text) => {
      const { unit, wanted } = fields.get(file, at(text))!
      return [unit, wanted, fields.wantedAt(file, at(text))]
    })).toEqual([['ä.service', -1, -1], [undefined, -1, -1], [undefined, 0, 0]])
    expect(fields.wantedAt(file, 8)).toBe(-1)
    file.close()
  })
})

describe('a name', () => {
  it.each([
    [false, false, ['__CURSOR', '_PID', 'MESSAGE', '_']], [true, false, ['__cursor', '_pid', 'message', '_']],
    [false, true, ['_CURSOR', 'PID', 'MESSAGE', '']], [true, true, ['_cursor', 'pid', 'message', '']]
  ])('is written as asked for: lowercase %s, strip_underscores %s', (lowercase, strip, expected) => {
    expect(['__CURSOR', '_PID', 'MESSAGE', '_'].map((name) => known(new Map(), lowercase, strip).text(name))).toEqual(expected)
  })

  it('is one key for every entry, and none once there are too many names', () => {
    const names = Array.from({ length: 2001 }, (_, i): Field => [`N${i}`, ''])
    const { maker, file } = journal(names)
    const fields = known()
    const keys = names.map(([name]) => {
      expect(file.locate(maker.offsetOf(`${name}=`))).toBe(true)
      return fields.key(file)
    })
    expect([new Set(keys.slice(0, 2000)).size, keys[2000]]).toEqual([2000, undefined])
    file.locate(maker.offsetOf('N7='))
    expect(fields.key(file)).toBe(keys[7])
    file.close()
  })
})
