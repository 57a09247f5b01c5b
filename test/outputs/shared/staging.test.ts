import { appendFileSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Staging, readStagingTerms, sizeOf } from '../../../src/outputs/shared/staging.ts'
import { Identities } from '../../../src/outputs/shared/staging/journal.ts'
import { makeBatch } from '../../event/make-batch.ts'
import { tempFolder } from '../../support/temp.ts'

let folder: string
let staging: Staging
const logged: string[] = []
const note = (message: string): void => { logged.push(message) }

async function open(): Promise<Staging> {
  staging = new Staging({ directory: folder, log: { error: note, warn: note, info: note, debug: note }, whenDelivered: () => {} })
  await staging.open()
  return staging
}

beforeEach(async () => {
  folder = tempFolder('staging')
  logged.length = 0
  await open()
})
afterEach(() => staging.close())

const batch = makeBatch([{ body: { a: 1 } }, { body: { a: 2 } }, { body: { a: 3 }, ordinal: 2 }])

/** Adds record `index` of the batch as one line. */
async function add(group: string, text: string, index: number): Promise<void> {
  const identities = new Identities()
  identities.add(batch.stream(index), batch.start(index), batch.end(index), batch.ordinal(index))
  await staging.append([{ group, bytes: Buffer.from(text), records: 1, second: 7 }], identities)
}

const held = (): boolean[] => [0, 1, 2].map((index) => staging.holds(batch, index))
const texts = (): string[] => [...staging.objects].map((object) => readFileSync(staging.pathOf(object)).toString('utf8', 0, sizeOf(object)))

test('groups are objects of their own; what is complete grows no more', async () => {
  await add('a', 'one\n', 0)
  await add('b', 'two\n', 1)
  await staging.complete([...staging.objects].slice(0, 1), ({ group, second }, index) => `${group}-${second}-${index}`)
  await add('a', 'three\n', 2)
  expect(texts()).toEqual(['one\n', 'two\n', 'three\n'])
  expect([...staging.objects].map(({ key }) => key)).toEqual(['a-7-0', undefined, undefined])
  expect([staging.bytes, staging.terms.waiting]).toEqual([14, 3])
  await staging.done(1)
  await staging.done(2, 'why')
  expect(staging.terms).toMatchObject({ delivered: 1, dropped: { why: 1 }, waiting: 1 })
  expect(readdirSync(folder).filter((name) => name.endsWith('.lines'))).toEqual(['3.lines'])
})

test('after a kill all is there that was said to be, records are known again, and what was cut short counts for nothing', async () => {
  await add('a', 'one\n', 0)
  await add('a', 'two\n', 2)
  // a write that was cut: bytes without their change, and half a change
  appendFileSync(path.join(folder, '1.lines'), 'garb')
  const [journal] = readdirSync(folder).filter((name) => name.endsWith('.journal'))
  appendFileSync(path.join(folder, journal!), Buffer.alloc(30, 1))
  writeFileSync(path.join(folder, '9.lines'), 'of nobody')
  await open()
  expect(held()).toEqual([true, false, true])
  await add('a', 'three\n', 1)
  expect(texts()).toEqual(['one\ntwo\nthree\n'])
  expect(readdirSync(folder)).not.toContain('9.lines')
  await staging.close()
  expect(await readStagingTerms(folder)).toMatchObject({ delivered: 0, waiting: 3 })
})

test('a generation that has grown is followed by the next, which has all there is', async () => {
  const identities = new Identities()
  for (let i = 0; i < 70_000; i++) identities.add({ uid: 'many', generation: 0 }, i * 2 ** 16, i * 2 ** 16 + 5, i % 3)
  await staging.append([{ group: 'a', bytes: Buffer.from('x'), records: 70_000, second: 0 }], identities)
  await add('a', 'y', 0)
  expect(readdirSync(folder).filter((name) => name.endsWith('.journal'))).toHaveLength(2)
  await open()
  expect(texts()).toEqual(['xy'])
  expect(held()).toEqual([true, false, false])
  expect(staging.holds(makeBatch([{ body: {}, start: 0 }]), 0)).toBe(true)
})

test('news of an object survive, and its lines go when it is compressed', async () => {
  await add('a', 'one\n', 0)
  await staging.complete([...staging.objects], () => 'k')
  writeFileSync(staging.bodyOf(1), 'zip')
  await staging.change(1, { body: { size: 3, encoding: 'gzip' } })
  await staging.change(1, { upload: { id: 'u', each: 5, parts: ['e'] } })
  await open()
  expect([...staging.objects]).toMatchObject([{ key: 'k', body: { size: 3, encoding: 'gzip' }, upload: { id: 'u', each: 5, parts: ['e'] } }])
  expect(readdirSync(folder).filter((name) => !name.endsWith('.journal'))).toEqual(['1.body'])
  await staging.change(1, { upload: undefined })
  expect([...staging.objects][0]).not.toHaveProperty('upload.id')
})

test('a file that is damaged is told and its records are counted as dropped; the others stay', async () => {
  await add('a', 'one\n', 0)
  await add('b', 'two\n', 1)
  await add('c', 'three\n', 2)
  truncateSync(staging.linesOf(1), 2)
  rmSync(staging.linesOf(2))
  await open()
  expect(texts()).toEqual(['three\n'])
  expect(staging.terms).toMatchObject({ dropped: { 'staged file damaged': 2 }, waiting: 1 })
  expect(logged).toHaveLength(2)
})

test('what cannot be written changes nothing, and can be written again', async () => {
  await add('a', 'one\n', 0)
  const identities = new Identities()
  rmSync(folder, { recursive: true })
  await expect(staging.append([{ group: 'new', bytes: Buffer.from('x'), records: 1, second: 0 }], identities)).rejects.toThrow()
  expect(staging.terms.waiting).toBe(1)
})
