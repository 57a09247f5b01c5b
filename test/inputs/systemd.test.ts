import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import systemd from '../../src/inputs/systemd.ts'
import { defaultOf } from '../../src/config/values.ts'
import type { Input } from '../../src/plugin/input.ts'
import { eventually, sleep } from '../support/wait.ts'
import { RecordingIngest, makeContext, type Agent } from './recording-ingest.ts'
import { JournalMaker, type Field, type JournalOptions } from './systemd/make-journal.ts'

type Options = Parameters<typeof systemd.create>[0]

/** `MESSAGE=xz abcdef abcdef …`, made by xz 5.4.1. */
const XZ = '/Td6WFoAAAD/EtlBAgAhARYAAAB0L+Wj4AGuABpdACaRRsDRlFfklcfYyNLt738wDci3EUlsYAAAAAAAAAEurwMAAAAyFzEeqAAK/AIAAAAAAFla'
const START = 1_795_534_312_000_000

let root: string
let folder: string
const inputs: Input[] = []
const makers: JournalMaker[] = []

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'systemd-'))
  folder = join(root, '0123456789abcdef'.repeat(2))
  mkdirSync(folder)
})
afterEach(async () => {
  for (const input of inputs.splice(0)) await input.stop(performance.now())
  rmSync(root, { recursive: true, force: true })
})

function journal(name: string, options: JournalOptions = {}): JournalMaker {
  const maker = new JournalMaker(join(folder, name), options)
  makers.push(maker)
  return maker
}

async function start(ingest: RecordingIngest, given: Partial<Options> = {}, tag = 'host'): Promise<Agent> {
  const values = Object.fromEntries(Object.entries(systemd.options).map(([name, field]) => [name, 'multiple' in field ? [] : defaultOf(field)]))
  const context = makeContext(ingest, { tag })
  const input = await systemd.create({ ...values, path: root, ...given } as Options, context)
  inputs.push(input)
  await input.start()
  return { input, ...context.report }
}

function message(text: string, unit = 'kubelet.service'): Field[] {
  return [['_SYSTEMD_UNIT', unit], ['PRIORITY', '6'], ['MESSAGE', text]]
}

function fill(maker: JournalMaker, from: number, to: number, time = START): void {
  for (let i = from; i < to; i++) maker.add(message(`m${i}`), time + i * 1000)
}

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `m${from + i}`)
const has = (ingest: RecordingIngest, count: number): Promise<boolean> => eventually(
  () => `${count} records, not ${ingest.records.length}`, () => ingest.records.length >= count)

describe('a file of the journal', () => {
  const varieties: JournalOptions[] = [false, true].flatMap((compact) =>
    (['none', 'zstd', 'lz4', 'xz'] as const).map((compression) => ({ compact, compression, keyed: compact })))

  it.each(varieties)('is read whole: %o', async (variety) => {
    const maker = journal('system.journal', { ...variety, pack: () => Buffer.from(XZ, 'base64') })
    const long = variety.compression === 'xz' ? `xz ${'abcdef '.repeat(60)}` : `long ${'y'.repeat(5000)}`
    maker.add([['MESSAGE', 'two\nlines "quoted" \\'], ['_PID', '1'], ['EMPTY', '']], START + 7)
    maker.add([['MESSAGE', long], ['_PID', '1']], START + 1_000_000)
    maker.add([['TAG', 'a'], ['MESSAGE', 'x'], ['TAG', 'b'], ['PRIORITY', '3'], ['TAG', 'c']], START + 2_000_000)
    maker.add([['BIN', Buffer.from([0, 1, 0xff, 0x61])], ['TEXT', 'äöü €']], START + 3_000_000)
    const ingest = new RecordingIngest()
    const { counters } = await start(ingest)
    await has(ingest, 4)
    const members = ingest.records.map((record) => record.members)
    expect(members[0]).toEqual({ MESSAGE: 'two\nlines "quoted" \\', _PID: '1', EMPTY: '' })
    expect(members[1]).toEqual({ MESSAGE: long, _PID: '1' })
    expect(Object.entries(members[2]!)).toEqual([['MESSAGE', 'x'], ['TAG', ['a', 'b', 'c']], ['PRIORITY', '3']])
    expect(members[3]).toEqual({ BIN: '\0\x01\ufffda', TEXT: 'äöü €' })
    expect(counters['fantail_journal_invalid_utf8_total']!.value).toBe(1)
    expect([ingest.records[0]!.seconds, ingest.records[0]!.nanos]).toEqual([1_795_534_312, 7000])
  })

  it('is followed while it grows, beyond the arrays that list its entries', async () => {
    const maker = journal('system.journal', { room: 2 })
    fill(maker, 0, 5)
    const ingest = new RecordingIngest()
    await start(ingest)
    await has(ingest, 5)
    for (let i = 5; i < 60; i += 5) {
      fill(maker, i, i + 5)
      await sleep(5)
    }
    await has(ingest, 60)
    expect(ingest.values('MESSAGE')).toEqual(numbers(0, 60))
    expect(ingest.overlaps).toEqual([])
  })

  it('that is damaged costs no more than what is damaged', async () => {
    const maker = journal('system.journal', { room: 8 })
    fill(maker, 0, 3)
    maker.overwrite(maker.offsetOf('MESSAGE=m1'), Buffer.of(9))
    maker.archive()
    writeFileSync(join(folder, 'other.journal'), 'no journal at all'.repeat(50))
    const ingest = new RecordingIngest()
    const { messages, counters } = await start(ingest)
    await has(ingest, 3)
    expect(ingest.values('MESSAGE')).toEqual(['m0', undefined, 'm2'])
    expect(counters['fantail_journal_damaged_total']!.value).toBe(1)
    expect(messages.join()).toContain('it is no journal')
  })
})

describe('several files', () => {
  it('are one sequence, by their numbers', async () => {
    const system = journal('system.journal')
    const user = journal('user-1000.journal', { first: 3 })
    fill(system, 0, 2)
    fill(user, 2, 4)
    system.close()
    const later = journal('system@2.journal', { first: 5 })
    fill(later, 4, 6)
    later.archive()
    const other = journal('other.journal', { seqnumId: 'bb'.repeat(16) })
    fill(other, 100, 102)
    const ingest = new RecordingIngest()
    await start(ingest)
    await has(ingest, 8)
    expect(ingest.values('MESSAGE')).toEqual([...numbers(0, 6), 'm100', 'm101'])
  })

  it('are followed through a rotation', async () => {
    const first = journal('system.journal')
    fill(first, 0, 3)
    const ingest = new RecordingIngest()
    const { gauges } = await start(ingest)
    await has(ingest, 3)
    fill(first, 3, 5)
    renameSync(first.path, join(folder, 'system@1.journal'))
    const second = journal('system.journal', { first: 6 })
    fill(second, 5, 7)
    fill(first, 100, 100)
    first.archive()
    await has(ingest, 7)
    fill(second, 7, 9)
    await has(ingest, 9)
    expect(ingest.values('MESSAGE')).toEqual(numbers(0, 9))
    await eventually('the rotated file closed', () => gauges['fantail_journal_files']!() === 1)
  })

  it('may appear later', async () => {
    rmSync(folder, { recursive: true })
    const ingest = new RecordingIngest()
    const { messages } = await start(ingest)
    expect(messages.join()).toContain('There is no journal yet')
    mkdirSync(folder)
    fill(journal('system.journal'), 0, 3)
    await has(ingest, 3)
  })
})

describe('what is taken', () => {
  it('is what fits any of the filters, or all of them', async () => {
    const maker = journal('system.journal')
    maker.add(message('kubelet'), START)
    maker.add(message('sshd', 'sshd.service'), START)
    maker.add([['PRIORITY', '3'], ['_SYSTEMD_UNIT', 'sshd.service'], ['MESSAGE', 'bad']], START)
    maker.add([['MESSAGE', `PRIORITY=3 ${'long '.repeat(500)}`]], START)
    const any = new RecordingIngest()
    await start(any, { systemd_filter: ['_SYSTEMD_UNIT=kubelet.service', 'PRIORITY=3'] })
    const all = new RecordingIngest()
    await start(all, { systemd_filter: ['_SYSTEMD_UNIT=sshd.service', 'PRIORITY=3'], systemd_filter_type: 'and' })
    await has(any, 2)
    await has(all, 1)
    expect(any.values('MESSAGE')).toEqual(['kubelet', 'bad'])
    expect(all.values('MESSAGE')).toEqual(['bad'])
    // what is left out is covered too, so that it is not looked at again
    for (const input of inputs.splice(0)) await input.stop(performance.now())
    expect(any.recovered()[0]!.covered).toEqual([[1, 5]])
  })

  it('has names and tags as asked for', async () => {
    const maker = journal('system.journal')
    maker.add(message('one'), START)
    maker.add([['_PID', '1'], ['PID', '2'], ['MESSAGE', 'two']], START)
    const ingest = new RecordingIngest()
    await start(ingest, { lowercase: true, strip_underscores: true, max_fields: 2 }, 'node.*.log')
    await has(ingest, 2)
    expect(ingest.records.map(({ tag, members }) => [tag, members])).toEqual([
      ['node.kubelet.service.log', { systemd_unit: 'kubelet.service', priority: '6' }],
      ['node.unknown.log', { pid: ['1', '2'] }]
    ])
  })

  it('must be asked for by fields of the journal', async () => {
    await expect(start(new RecordingIngest(), { systemd_filter: ['kubelet'] })).rejects.toThrow('FIELD=value')
  })

  it('begins at the end when asked to, only at the very first start', async () => {
    const maker = journal('system.journal')
    fill(maker, 0, 3)
    const ingest = new RecordingIngest()
    const { input } = await start(ingest, { read_from_tail: true })
    fill(maker, 3, 5)
    await has(ingest, 2)
    await input.stop(performance.now())
    fill(maker, 5, 7)
    await start(ingest, { read_from_tail: true })
    await has(ingest, 4)
    expect(ingest.values('MESSAGE')).toEqual(numbers(3, 7))
  })
})

describe('after a restart', () => {
  it('goes on where it was, and reads again what was not committed', async () => {
    const maker = journal('system.journal')
    fill(maker, 0, 10)
    const ingest = new RecordingIngest()
    ingest.room = false
    await start(ingest)
    await sleep(50)
    expect(ingest.records).toEqual([])
    ingest.makeRoom()
    await has(ingest, 10)
    ingest.kill()
    fill(maker, 10, 20)
    await sleep(300)
    ingest.revive()
    await start(ingest)
    await has(ingest, 20)
    expect(ingest.values('MESSAGE')).toEqual(numbers(0, 20))
    expect(ingest.overlaps).toEqual([])
  })

  it('says and counts what was vacuumed away', async () => {
    const first = journal('system@1.journal')
    fill(first, 0, 3)
    const ingest = new RecordingIngest()
    const { input } = await start(ingest)
    await has(ingest, 3)
    await input.stop(performance.now())
    fill(first, 3, 10)
    first.archive()
    rmSync(first.path)
    fill(journal('system.journal', { first: 11 }), 10, 12)
    const { messages, counters } = await start(ingest)
    await has(ingest, 5)
    expect(ingest.values('MESSAGE')).toEqual([...numbers(0, 3), ...numbers(10, 12)])
    expect(messages.join()).toContain('deleted before they were read')
    expect([counters['fantail_journal_lost_entries_total']!.value, ingest.dropped]).toEqual([7, { vacuumed: 7 }])
  })

  it('says that the journal it read is gone, and reads the one that is there', async () => {
    fill(journal('system.journal'), 0, 3)
    const ingest = new RecordingIngest()
    const { input } = await start(ingest)
    await has(ingest, 3)
    await input.stop(performance.now())
    rmSync(join(folder, 'system.journal'))
    fill(journal('system.journal', { seqnumId: 'cc'.repeat(16) }), 3, 5)
    const { messages, counters } = await start(ingest)
    await has(ingest, 5)
    expect(messages.join()).toContain('is gone')
    expect(counters['fantail_journal_gaps_total']!.value).toBe(1)
  })
})

describe('the cursor of Fluent Bit', () => {
  it('is taken over once and left as it was', async () => {
    const maker = journal('system.journal', { seqnumId: 'ab'.repeat(16) })
    fill(maker, 0, 10)
    const older = journal('older.journal', { seqnumId: 'cd'.repeat(16) })
    fill(older, 100, 103, START - 1_000_000)
    older.add(message('late'), START + 9_000)
    const db = join(root, 'flb.db')
    const database = new DatabaseSync(db)
    database.exec('CREATE TABLE in_systemd_cursor (cursor TEXT NOT NULL, updated INTEGER)')
    const time = (START + 4000).toString(16)
    database.prepare('INSERT INTO in_systemd_cursor VALUES (?, 1)').run(`s=${'ab'.repeat(16)};i=5;b=${'0'.repeat(32)};m=1;t=${time};x=1`)
    database.close()
    const ingest = new RecordingIngest()
    const { input } = await start(ingest, { db })
    await has(ingest, 6)
    expect(ingest.values('MESSAGE').toSorted()).toEqual(['late', ...numbers(5, 10)])
    await input.stop(performance.now())
    fill(maker, 10, 11)
    await start(ingest, { db })
    await has(ingest, 7)
    expect(ingest.values('MESSAGE').at(-1)).toBe('m10')
  })

  it('that cannot be read is said, and everything is read', async () => {
    fill(journal('system.journal'), 0, 2)
    const db = join(root, 'flb.db')
    writeFileSync(db, 'not a database, whatever its name says')
    const ingest = new RecordingIngest()
    const { messages } = await start(ingest, { db })
    await has(ingest, 2)
    expect(messages.join()).toContain('database of the cursor')
  })
})

it('waits for what a tag needs before its first entry', async () => {
  fill(journal('system.journal'), 0, 3)
  const ingest = new RecordingIngest()
  const gate = Promise.withResolvers<void>()
  ingest.ready = gate.promise
  await start(ingest)
  await sleep(100)
  expect(ingest.records).toEqual([])
  ingest.ready = undefined
  gate.resolve()
  await has(ingest, 3)
  expect(ingest.values('MESSAGE')).toEqual(numbers(0, 3))
})
