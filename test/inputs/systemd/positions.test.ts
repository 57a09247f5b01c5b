import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { JournalFile } from '../../../src/inputs/systemd/journal-file.ts'
import { Numbering, Positions, type PositionOptions } from '../../../src/inputs/systemd/positions.ts'
import { Stream } from '../../../src/event/stream.ts'
import { RecordingIngest } from '../recording-ingest.ts'
import { JournalMaker } from './make-journal.ts'

const START = 1_795_534_312_000_000
const [A, B] = ['aa'.repeat(16), 'bb'.repeat(16)]

describe('a numbering', () => {
  it('has what lies before, and the ranges ahead, and no more', () => {
    const spans = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })), { maxLength: 6 })
    fc.assert(fc.property(fc.nat(10), spans, (next, gaps) => {
      let at = next
      const ahead = gaps.map(([gap, length]) => [at += gap, at += length] as const)
      const numbering = new Numbering(new Stream('u', 0, { input: 'i', path: '/', marks: {} }), next, ahead)
      for (let n = 0; n < at + 5; n++) expect(numbering.has(n)).toBe(n < next || ahead.some(([from, to]) => n >= from && n < to))
    }))
  })
})

describe('where reading begins', () => {
  let folder: string
  const files: JournalFile[] = []
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'positions-'))
  })
  afterEach(() => {
    for (const file of files.splice(0)) file.close()
    rmSync(folder, { recursive: true })
  })

  function journal(first: number, count: number, seqnumId = A, time = START): JournalFile {
    const maker = new JournalMaker(path.join(folder, `${files.length}.journal`), { first, seqnumId })
    for (let i = 0; i < count; i++) maker.add([['MESSAGE', 'm']], time + i * 1000)
    maker.close()
    const file = JournalFile.open(maker.path)
    files.push(file)
    return file
  }

  function positions(ingest: RecordingIngest, options: Partial<PositionOptions> = {}): { at: Positions; lost: { value: number }; gaps: { value: number }; said: string[] } {
    const [lost, gaps, said] = [{ value: 0 }, { value: 0 }, [] as string[]]
    const say = (message: string): void => void said.push(message)
    const at = new Positions(
      { input: 'systemd.0', path: '/var/log/journal', fromTail: false, takesAll: true, ...options }, ingest,
      { error: say, warn: say, info: say, debug: say }, ingest.recovered(), { lost, gaps })
    return { at, lost, gaps, said }
  }

  /** As if an agent had read the numbers in these ranges. */
  function readBefore(ranges: readonly (readonly [number, number])[], seqnumId = A): RecordingIngest {
    const ingest = new RecordingIngest()
    const stream = ingest.openStream({ input: 'systemd.0', path: '/var/log/journal', marks: { seqnum_id: seqnumId } })
    for (const [from, to] of ranges) ingest.cover(stream, from, to)
    ingest.commit()
    return ingest
  }

  it('is the begin of every numbering, unless the end is asked for', () => {
    const [one, two] = [journal(1, 3), journal(1, 4, B)]
    const { at } = positions(new RecordingIngest())
    at.place([one, two], [one, two])
    expect([one.index, two.index, at.lag([one, two])]).toEqual([0, 0, 9])
    const late = positions(new RecordingIngest(), { fromTail: true }).at
    late.place([one, two], [one, two])
    expect([one.index, two.index, late.lag([one, two])]).toEqual([3, 4, 0])
  })

  it('is the begin of a numbering that comes later, also where the end was asked for', () => {
    const { at } = positions(new RecordingIngest(), { fromTail: true })
    const one = journal(1, 3)
    at.place([one], [one])
    const two = journal(1, 4, B)
    at.place([two], [one, two])
    expect([one.index, two.index]).toEqual([3, 0])
  })

  it('is behind the cursor: by its number, and by its time in other numberings', () => {
    const [one, two, three] = [journal(1, 3), journal(4, 3), journal(50, 10, B, START)]
    const { at } = positions(new RecordingIngest())
    at.use({ seqnumId: A, seqnum: 4, realtime: START + 4500 })
    at.place([one, two, three], [one, two, three])
    expect([one.index, two.index, three.index]).toEqual([3, 1, 5])
  })

  it('is where the last agent was, the cursor notwithstanding, and what it missed in between is read again', () => {
    const ingest = readBefore([[0, 3], [5, 7]])
    const file = journal(1, 9)
    const { at, lost, said } = positions(ingest)
    at.use({ seqnumId: A, seqnum: 9, realtime: START })
    at.place([file], [file])
    const numbering = at.of(A)
    expect([file.index, Array.from({ length: 9 }, (_, i) => i + 1).filter((n) => !numbering.has(n))]).toEqual([2, [3, 4, 7, 8, 9]])
    expect([lost.value, said]).toEqual([0, []])
  })

  it('tells what was deleted before it was read, as lost when every entry is wanted', () => {
    for (const takesAll of [true, false]) {
      const ingest = readBefore([[0, 4]])
      const file = journal(10, 2)
      const { at, lost, gaps, said } = positions(ingest, { takesAll })
      at.place([file], [file])
      expect([file.index, lost.value, gaps.value, ingest.dropped]).toEqual([0, 6, 1, takesAll ? { vacuumed: 6 } : {}])
      expect(said.join()).toContain('were deleted before they were read')
      files.pop()!.close()
    }
  })

  it('says of a journal that is gone, and closes its stream', () => {
    const ingest = readBefore([[0, 4]], B)
    const file = journal(1, 2)
    const { at, gaps, said } = positions(ingest, { fromTail: true })
    at.place([file], [file])
    ingest.commit()
    expect([gaps.value, said.length, file.index]).toEqual([1, 1, 0])
    expect(ingest.recovered().map(({ identity, closed }) => [identity.marks['seqnum_id'], closed])).toContainEqual([B, true])
  })
})
