import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { emptyOutputTerms } from '../../../../src/event/ledger.ts'
import { Identities, Journal, applied, readJournal, type Change, type State, type StagedObject } from '../../../../src/outputs/shared/staging/journal.ts'
import { tempFolder } from '../../../support/temp.ts'

const EMPTY: State = { next: 1, index: 0, terms: emptyOutputTerms(), objects: new Map() }
const object = (id: number, records: number): StagedObject => ({ id, group: `g${id}`, since: 1, second: 2, size: records * 10, records })

test('a journal that is cut or spoiled anywhere reads as the changes that are whole', async () => {
  const folder = tempFolder('journal')
  const journal = new Journal(folder, 0)
  await journal.begin(EMPTY)
  const changes: Change[] = [
    { next: 2, put: [object(1, 1)] }, { put: [object(1, 3)] }, { index: 1, put: [{ ...object(1, 3), key: 'é' }] },
    { drop: [1], terms: { ...emptyOutputTerms(), delivered: 3 } }
  ]
  const file = path.join(folder, readdirSync(folder)[0]!)
  const ends = [readFileSync(file).length]
  const states = [EMPTY]
  for (const change of changes) {
    const identities = new Identities()
    identities.add({ uid: 'u', generation: 1 }, 2 ** 40 + ends.length, 2 ** 40 + ends.length + 9, 4)
    await journal.add(change, identities)
    ends.push(readFileSync(file).length)
    states.push(applied(states.at(-1)!, change))
  }
  await journal.close()
  const whole = readFileSync(file)
  await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: whole.length }), async (at) => {
    writeFileSync(file, whole.subarray(0, at))
    const intact = ends.filter((end) => end <= at).length
    const { state, generation, remembered } = await readJournal(folder)
    expect(state).toEqual(states[Math.max(0, intact - 1)] ?? EMPTY)
    expect(generation).toBe(intact === 0 ? 0 : 1)
    expect(remembered.get('u.1')?.size ?? 0).toBe(Math.max(0, intact - 1))
    if (intact > 1) expect(remembered.get('u.1')).toContain(`${2 ** 40 + 1}.9.4`)
  }), { numRuns: 40 })
  // a byte that is spoiled costs the change it is in
  await fc.assert(fc.asyncProperty(fc.integer({ min: ends[0]!, max: whole.length - 1 }), async (at) => {
    const bytes = Buffer.from(whole)
    bytes[at]! ^= 1
    writeFileSync(file, bytes)
    const spoiled = ends.findIndex((end) => end > at) - 1
    const { state } = await readJournal(folder)
    expect(state).toEqual(changes.filter((_, i) => i !== spoiled).reduce(applied, EMPTY))
  }), { numRuns: 40 })
})

test('generations before one are forgotten; a next one that is torn was never begun', async () => {
  const folder = tempFolder('journal')
  const journal = new Journal(folder, 0)
  await journal.begin(EMPTY)
  await journal.add({ next: 5 })
  expect(await journal.begin({ ...EMPTY, next: 5 })).toBe(2)
  await journal.forget(2)
  expect(readdirSync(folder)).toEqual(['2.journal'])
  writeFileSync(path.join(folder, '3.journal'), Buffer.alloc(40, 7))
  expect(await readJournal(folder)).toMatchObject({ generation: 2, state: { next: 5 } })
  await journal.close()
})

test('a folder that is not there is an empty journal', async () => {
  expect(await readJournal('/nowhere/at/all')).toMatchObject({ generation: 0, state: EMPTY })
})
