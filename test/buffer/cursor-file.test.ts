import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { CursorFile, MAX_OPEN, SLOT, cursorFileName, readCursors, type CursorState } from '../../src/buffer/cursor-file.ts'
import { emptyOutputTerms } from '../../src/event/ledger.ts'
import { makeDirectory } from './make-frames.ts'

function state(name: string, position: number): CursorState {
  return { name, position, open: [], terms: { ...emptyOutputTerms(), routed: position, delivered: position } }
}

describe('CursorFile', () => {
  it('gives back what was written last', () => {
    const directory = makeDirectory()
    const file = new CursorFile(directory, 'es.0')
    expect(file.read()).toBeUndefined()
    for (let i = 1; i <= 5; i++) {
      file.write(state('es.0', i))
      expect(new CursorFile(directory, 'es.0').read()).toEqual(state('es.0', i))
    }
    file.close()
  })

  it('has its full size from the first write on and never grows', () => {
    const directory = makeDirectory()
    const file = new CursorFile(directory, 'es.0')
    file.write(state('es.0', 1))
    expect(fs.statSync(file.path)).toMatchObject({ size: 2 * SLOT })
    expect(fs.statSync(file.path).blocks * 512).toBeGreaterThanOrEqual(2 * SLOT)
    file.write({
      ...state('es.0', 2),
      open: Array.from({ length: MAX_OPEN }, (_, i) => Number.MAX_SAFE_INTEGER - i)
    })
    expect(fs.statSync(file.path).size).toBe(2 * SLOT)
    expect(file.read()?.open).toHaveLength(MAX_OPEN)
    file.close()
  })

  it('keeps the state before when the last write was cut at any byte', () => {
    const directory = makeDirectory()
    const file = new CursorFile(directory, 'es.0')
    file.write(state('es.0', 1))
    file.write(state('es.0', 2))
    const before = fs.readFileSync(file.path)
    file.write(state('es.0', 3))
    file.close()
    const after = fs.readFileSync(file.path)
    const changed = [...after.keys()].filter((at) => after[at] !== before[at])
    for (let cut = changed[0]!; cut <= changed.at(-1)!; cut++) {
      fs.writeFileSync(file.path, Buffer.concat([after.subarray(0, cut), before.subarray(cut)]))
      expect(new CursorFile(directory, 'es.0').read()?.position).toBe(2)
    }
  })

  it('folds reasons that have no room, and keeps their sum', () => {
    const directory = makeDirectory()
    const file = new CursorFile(directory, 'es.0')
    const dropped = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`reason number ${i}`, 2]))
    file.write({ ...state('es.0', 1), terms: { ...emptyOutputTerms(), dropped } })
    const read = file.read()!.terms.dropped
    expect(Object.keys(read)).toHaveLength(64)
    expect(Object.values(read).reduce((sum, amount) => sum + amount, 0)).toBe(10_000)
    file.close()
  })
})

describe('cursorFileName', () => {
  it('is a plain file name for any output name, and another one for another name', () => {
    const names = ['es.0', 'a/b', '..', '.', 'ü', 'a*b', 'x'.repeat(300), 'x'.repeat(299) + 'y', '']
    const files = names.map(cursorFileName)
    expect(new Set(files).size).toBe(names.length)
    for (const file of files) {
      expect(file).toMatch(/^[^./*][^/*]*\.cursor$|^\.cursor$/)
      expect(Buffer.byteLength(file)).toBeLessThan(256)
    }
  })
})

describe('readCursors', () => {
  it('finds every cursor, and begins at the start of the log for lost ones', () => {
    const directory = makeDirectory()
    for (const name of ['a', 'b/c', 'broken ü']) {
      const file = new CursorFile(directory, name)
      file.write(state(name, 7))
      file.close()
    }
    fs.writeFileSync(path.join(directory, cursorFileName('broken ü')), 'nonsense')
    fs.writeFileSync(path.join(directory, '%zz.cursor'), 'no name of ours')
    const found = readCursors(directory, ['a', 'gone']).map(({ name, position }) => [name, position])
    expect(new Map(found as [string, number][])).toEqual(new Map([['a', 7], ['b/c', 7], ['broken ü', 0], ['gone', 0]]))
  })
})
