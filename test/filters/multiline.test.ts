import { describe, expect, it, vi, afterEach } from 'vitest'
import { SlabPool } from '../../src/buffer/slab-pool.ts'
import type { FrameStore } from '../../src/buffer/store.ts'
import { scanObject } from '../../src/event/json-scan.ts'
import { emptyInputTerms, inputImbalance, type InputTerms } from '../../src/event/ledger.ts'
import { Pool } from '../../src/event/pool.ts'
import { BLOCK, Record } from '../../src/event/record.ts'
import type { Stream } from '../../src/event/stream.ts'
import { addInputTerms } from '../../src/buffer/totals.ts'
import { multiline } from '../../src/filters/multiline.ts'
import { createParsers, type ConfiguredMultilineParser } from '../../src/parsers/index.ts'
import { InputIngest } from '../../src/pipeline/ingest.ts'
import { FilterUnit } from '../../src/pipeline/tag-path.ts'
import { DROP, KEEP, type FilterContext } from '../../src/plugin/filter.ts'
import { FakeStore } from '../pipeline/fake-store.ts'

afterEach(() => {
  vi.useRealTimers()
})

interface Set {
  readonly ingest: InputIngest
  readonly write: (record: object, file?: string) => void
  readonly bodies: () => unknown[]
  readonly ranges: (file?: string) => (readonly [number, number])[]
  readonly terms: () => InputTerms
  readonly unit: FilterUnit
}

/** The filter between others, in the way of one input into a buffer. */
async function set(
  options: { readonly [name: string]: unknown } = {}, defined: readonly ConfiguredMultilineParser[] = [],
  around: { readonly before?: (emit: (tag: string, record: Record) => void, record: Record) => boolean; readonly after?: (record: Record) => boolean } = {},
  limit?: number
): Promise<Set> {
  const pool = new Pool()
  const record = new Record(pool)
  const store = new FakeStore()
  const active: { ingest: InputIngest | undefined } = { ingest: undefined }
  const parsers = createParsers([], defined, pool, { bufferLimit: limit })
  const context = { pool, joiner: parsers.joiner.bind(parsers) } as unknown as FilterContext
  const filter = await multiline.create({ 'multiline.parser': [['java']], 'multiline.key_content': 'log', flush_ms: 2000, ...options } as never, context)
  const unit = new FilterUnit('multiline.0', () => true, filter)
  const before: FilterUnit = new FilterUnit('before.0', () => true, {
    forTag: () => (one) => around.before?.((tag, sent) => active.ingest?.take(tag, sent, before), one) ?? KEEP
  })
  const after = new FilterUnit('after.0', () => true, { forTag: () => (one) => around.after?.(one) ?? KEEP })
  const ingest = new InputIngest({
    input: 'tail.0', store: store as unknown as FrameStore, slabs: new SlabPool(), record, processors: [], filters: [before, unit, after],
    destinations: [{ name: 'out', matches: () => true }], routes: [], active, paths: new Map()
  })
  const streams = new Map<string, { readonly stream: Stream; offset: number }>()
  const write = (body: object, file = 'a'): void => {
    const block = Buffer.from(JSON.stringify(body))
    let at = streams.get(file)
    if (at === undefined) streams.set(file, (at = { stream: ingest.openStream({ input: 'tail.0', path: file, marks: {} }), offset: 0 }))
    record.useBlock(block)
    record.setTime(at.offset, 0)
    scanObject(record, BLOCK, 0, block.length)
    ingest.emit(ingest.tag('app'), at.stream, at.offset, at.offset + 10)
    at.offset += 10
  }
  const bodies = (): unknown[] => {
    ingest.commit()
    return store.records().map(({ body }) => body)
  }
  const ranges = (file = 'a'): (readonly [number, number])[] => {
    ingest.commit()
    const uid = streams.get(file)!.stream.uid
    return store.frames.flatMap(({ directory }) => directory.ranges.flatMap(([stream, from, to]) => (directory.streams[stream]!.uid === uid ? [[from, to] as const] : [])))
  }
  const terms = (): InputTerms => {
    ingest.commit()
    const sum = emptyInputTerms()
    for (const one of store.terms) addInputTerms(sum, one)
    const shown = { ...sum, read: sum.read + ingest.held, held: ingest.held }
    expect(inputImbalance(shown)).toBe(0)
    return shown
  }
  return { ingest, write, bodies, ranges, terms, unit }
}

const trace = ['java.lang.RuntimeException: no', '\tat a.B.c(B.java:1)', 'Caused by: x', '\tat d.E.f(E.java:2)']

describe('multiline', () => {
  it('joins a trace into its first record, with that one\'s time and other keys; other records go on as they are', async () => {
    const { write, bodies, ranges, terms, unit } = await set()
    write({ log: 'before', n: 0 })
    for (const [n, log] of trace.entries()) write({ log, n })
    write({ log: 'after "quoted"', n: 9 })
    expect(bodies()).toEqual([{ log: 'before', n: 0 }, { log: trace.join('\n'), n: 0 }, { log: 'after "quoted"', n: 9 }])
    expect(ranges()).toEqual([[0, 60]])
    expect(terms()).toMatchObject({ read: 6, buffered: 3, joined: 3, held: 0 })
    expect([unit.records, unit.dropped]).toEqual([6, 3])
  })

  it('covers what waits only once it is in a frame, and keeps it in the ledger as held', async () => {
    const { ingest, write, bodies, ranges, terms } = await set()
    write({ log: 'one' })
    write({ log: trace[0] })
    write({ log: trace[1] })
    expect([bodies(), ranges(), terms().held]).toEqual([[{ log: 'one' }], [[0, 10]], 2])
    ingest.flush()
    expect([bodies().length, ranges(), terms().held]).toEqual([2, [[0, 10], [10, 30]], 0])
  })

  it('joins within a file, whatever is read of others in between', async () => {
    const { ingest, write, bodies } = await set()
    for (const log of trace) {
      write({ log, f: 'a' }, 'a')
      write({ log, f: 'b' }, 'b')
    }
    ingest.flush()
    expect(bodies()).toEqual(['a', 'b'].map((f) => ({ log: trace.join('\n'), f })))
  })

  it('sends what waits when its time is up', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const { write, bodies, terms } = await set({ flush_ms: 300 })
    write({ log: trace[0] })
    await vi.advanceTimersByTimeAsync(200)
    write({ log: trace[1] })
    await vi.advanceTimersByTimeAsync(250)
    expect(bodies()).toEqual([])
    await vi.advanceTimersByTimeAsync(400)
    expect(bodies()).toEqual([{ log: `${trace[0]}\n${trace[1]}` }])
    expect(terms()).toMatchObject({ read: 2, buffered: 1, joined: 1, held: 0 })
  })

  it('lets a record without the text go on behind what waits', async () => {
    const { write, bodies, ranges } = await set()
    write({ log: trace[0] })
    write({ log: trace[1] })
    write({ other: { a: [1, 'x'] } })
    write({ log: 5 })
    expect(bodies()).toEqual([{ log: `${trace[0]}\n${trace[1]}` }, { other: { a: [1, 'x'] } }, { log: 5 }])
    expect(ranges()).toEqual([[0, 40]])
  })

  it('gives what it joined to the filters behind it, and what one of them takes out is counted there', async () => {
    const { ingest, write, bodies, terms } = await set({}, [], { after: (record) => (record.count === 1 ? DROP : KEEP) })
    for (const log of trace) write({ log })
    write({ log: 'kept', n: 1 })
    ingest.flush()
    expect(bodies()).toEqual([{ log: 'kept', n: 1 }])
    expect(terms()).toMatchObject({ read: 5, joined: 3, filtered: { 'after.0': 1 }, buffered: 1 })
  })

  it('joins records that a filter before it sends under another tag, too, and covers a line when all that came of it has gone on', async () => {
    const { ingest, write, bodies, ranges, terms } = await set({}, [], {
      before: (emit, record) => {
        emit('copy', record)
        return record.text(0) !== 'dropped'
      }
    })
    write({ log: trace[0] })
    write({ log: trace[1] })
    write({ log: 'dropped' })
    expect(ranges()).toEqual([[20, 30]])
    ingest.flush()
    expect(bodies()).toEqual([{ log: `${trace[0]}\n${trace[1]}` }, { log: 'dropped' }, { log: `${trace[0]}\n${trace[1]}` }])
    expect(ranges()).toEqual([[20, 30], [0, 20]])
    expect(terms()).toMatchObject({ read: 3, created: 3, joined: 2, filtered: { 'before.0': 1 }, buffered: 3 })
  })

  it('knows docker\'s and cri\'s marks in records that were taken apart before', async () => {
    const docker = await set({ 'multiline.parser': [['docker']] })
    for (const log of ['one\n', 'be', 'gun\n']) docker.write({ log, stream: 'stdout' })
    expect(docker.bodies()).toEqual([{ log: 'one\n', stream: 'stdout' }, { log: 'begun\n', stream: 'stdout' }])
    const cri = await set({ 'multiline.parser': [['cri']] })
    for (const [log, _p] of [['be', 'P'], ['gun', 'F'], ['two', 'F']]) cri.write({ log, _p, stream: 'stdout' })
    expect(cri.bodies().map((body) => (body as { log: string }).log)).toEqual(['begun', 'two'])
  })

  it('sends a message at its limit, marked, and goes on with the next', async () => {
    const { ingest, write, bodies, terms } = await set({}, [], {}, 300)
    write({ log: trace[0] })
    for (let i = 0; i < 20; i++) write({ log: `\tat a.B.c${i}(B.java:1)` })
    ingest.flush()
    const joined = bodies() as { log: string }[]
    expect(joined.length).toBeGreaterThan(1)
    expect(joined.map(({ log }) => log).join('\n').split('\n')).toHaveLength(21)
    expect(terms()).toMatchObject({ read: 21, held: 0 })
  })

  it('keeps groups apart by the key that a parser names', async () => {
    const rules = [{ states: ['start_state'], regex: '/^begin/', next: 'more' }, { states: ['more'], regex: '/^ /', next: 'more' }]
    const { ingest, write, bodies } = await set({ 'multiline.parser': [['mine']] }, [
      { name: 'mine', options: { type: 'regex', key_group: 'stream', name: 'mine' } as never, rules }
    ])
    for (const log of ['begin', ' one', ' two']) for (const stream of ['out', 'err']) write({ log, stream })
    ingest.flush()
    expect(bodies()).toEqual(['out', 'err'].map((stream) => ({ log: 'begin\n one\n two', stream })))
  })

  it('wants its parsers', async () => {
    await expect(async () => set({ 'multiline.parser': [] })).rejects.toThrow('multiline.parser is missing')
    await expect(async () => set({ 'multiline.parser': [['none']] })).rejects.toThrow('there is no multiline parser none')
  })
})

it('joins the parts of docker\'s messages by their marks, and lets the others go on at once', async () => {
  const { write, bodies, terms, ranges } = await set({ mode: 'partial_message', 'multiline.parser': [] })
  const part = (log: string, partial_last: string): object => ({ log, partial_message: 'true', partial_id: 'x', partial_ordinal: '1', partial_last })
  write(part('one ', 'false'))
  write({ log: 'whole' })
  write({ other: 1 })
  write({ log: 'no id', partial_message: 'true' })
  write({ log: 'not a part', partial_message: 'false', partial_id: 'x' })
  expect(terms()).toMatchObject({ read: 5, buffered: 4, held: 1 })
  write(part('two', 'true'))
  expect(bodies()).toEqual([
    { log: 'whole' }, { other: 1 }, { log: 'no id', partial_message: 'true' }, { log: 'not a part', partial_message: 'false', partial_id: 'x' }, { log: 'one two' }
  ])
  expect(terms()).toMatchObject({ read: 6, joined: 1, buffered: 5, held: 0 })
  expect(Math.max(...ranges().map(([, to]) => to))).toBe(60)
})
