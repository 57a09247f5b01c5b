import { describe, expect, test } from 'vitest'
import { SlabPool } from '../../src/buffer/slab-pool.ts'
import type { FrameStore } from '../../src/buffer/store.ts'
import { inputImbalance, type InputTerms } from '../../src/event/ledger.ts'
import { Pool } from '../../src/event/pool.ts'
import { BLOCK, RAW_TEXT, Record } from '../../src/event/record.ts'
import { InputIngest, type IngestOptions } from '../../src/pipeline/ingest.ts'
import { FilterUnit } from '../../src/pipeline/tag-path.ts'
import type { RecordFilter } from '../../src/plugin/filter.ts'
import { FakeStore } from './fake-store.ts'

const identity = { input: 'tail.0', path: '/x', marks: {} }

function setUp(options: Partial<IngestOptions> = {}): { ingest: InputIngest; store: FakeStore; write: (text: string, tag?: string) => void } {
  const store = new FakeStore()
  const record = new Record(new Pool())
  const ingest = new InputIngest({
    input: 'tail.0', store: store as unknown as FrameStore, slabs: new SlabPool(), record, processors: [], filters: [],
    destinations: [{ name: 'out', matches: (tag) => tag.startsWith('app') }], routes: [], active: { ingest: undefined }, paths: new Map(), ...options
  })
  const stream = ingest.openStream(identity)
  let offset = 0
  const log = record.pool.key('log')
  const write = (text: string, tag = 'app'): void => {
    const block = Buffer.from(text)
    record.useBlock(block)
    record.append(log, BLOCK, 0, block.length, RAW_TEXT)
    ingest.emit(ingest.tag(tag), stream, offset, offset + block.length + 1)
    offset += block.length + 1
  }
  return { ingest, store, write }
}

function filter(apply: RecordFilter, name = 'filter.0'): FilterUnit {
  return new FilterUnit(name, () => true, { forTag: () => apply })
}

function only(terms: readonly InputTerms[]): InputTerms {
  expect(terms).toHaveLength(1)
  expect(inputImbalance(terms[0]!)).toBe(0)
  return terms[0]!
}

describe('the way in', () => {
  test('puts each record into the frame under its tag, outputs and identity', () => {
    const { ingest, store, write } = setUp()
    write('one')
    write('two', 'app.b')
    ingest.commit()
    expect(store.records()).toEqual([
      { tag: 'app', outputs: ['out'], start: 0, end: 4, ordinal: 0, body: { log: 'one' } },
      { tag: 'app.b', outputs: ['out'], start: 4, end: 8, ordinal: 0, body: { log: 'two' } }
    ])
    expect(store.frames[0]!.directory.ranges).toEqual([[0, 0, 8]])
    expect(only(store.terms)).toMatchObject({ read: 2, buffered: 2 })
  })

  test('covers and counts what a filter took out and what has no route', () => {
    const drop = filter((record) => record.text(0) !== 'bad')
    const { ingest, store, write } = setUp({ filters: [drop] })
    write('bad')
    write('good')
    write('lost', 'other')
    ingest.commit()
    expect(store.records().map((r) => r.body)).toEqual([{ log: 'good' }])
    expect(store.frames[0]!.directory.ranges).toEqual([[0, 0, 14]])
    expect(only(store.terms)).toMatchObject({ read: 3, buffered: 1, filtered: { 'filter.0': 1 }, dropped: { 'no route': 1 } })
  })

  test('passes a record on when a filter throws, and counts the failure', () => {
    const broken = filter(() => { throw new Error('boom') })
    const { ingest, store, write } = setUp({ filters: [broken] })
    write('kept')
    ingest.commit()
    expect(store.records().map((r) => r.body)).toEqual([{ log: 'kept' }])
    expect(broken).toMatchObject({ failures: 1, lastFailure: 'Error: boom' })
  })

  test('sends what a filter made through the pipeline again, with ordinals of its own', () => {
    const holder: { ingest?: InputIngest } = {}
    const unit: FilterUnit = new FilterUnit('rewrite_tag.0', (tag) => tag === 'app', {
      forTag: () => (record) => {
        holder.ingest?.take('app.copy', record, unit)
        return false
      }
    })
    const made = setUp({ filters: [unit] })
    holder.ingest = made.ingest
    made.write('x')
    made.ingest.commit()
    expect(made.store.records()).toEqual([{ tag: 'app.copy', outputs: ['out'], start: 0, end: 2, ordinal: 1, body: { log: 'x' } }])
    expect(only(made.store.terms)).toMatchObject({ read: 1, created: 1, buffered: 1, filtered: { 'rewrite_tag.0': 1 } })
  })

  test('does not show a filter what it made itself, and ends a loop of two that make records for each other', () => {
    let ingest: InputIngest | undefined
    const seen: string[] = []
    const make = (name: string): FilterUnit => {
      const unit: FilterUnit = filter(() => {
        seen.push(name)
        ingest?.take('app', ingest.record, unit)
        return true
      }, name)
      return unit
    }
    const one = setUp({ filters: [make('a')] })
    ingest = one.ingest
    one.write('x')
    expect(seen).toEqual(['a'])
    const two = setUp({ filters: [make('a'), make('b')] })
    ingest = two.ingest
    two.write('x')
    ingest.commit()
    const terms = only(two.store.terms)
    expect(terms.dropped['emission loop']).toBeGreaterThan(0)
    expect(terms.buffered).toBe(101)
  })

  test('joins lines under the identity of their whole span and covers each range', () => {
    const { ingest, store } = setUp()
    const before = ingest.resumeStream('AAAAAAAAAAA', 0, identity)
    const after = ingest.openStream(identity)
    ingest.record.setText(ingest.record.pool.key('log'), 'joined')
    ingest.emitJoined(ingest.tag('app'), [{ stream: before, from: 10, to: 20 }, { stream: before, from: 30, to: 40 }, { stream: after, from: 0, to: 5 }], 3)
    ingest.commit()
    expect(store.records()).toMatchObject([{ start: 10, end: 40, body: { log: 'joined' } }])
    const { streams, ranges } = store.frames[0]!.directory
    expect(ranges.map(([s, from, to]) => [streams[s]!.uid, from, to])).toEqual([
      ['AAAAAAAAAAA', 10, 20], ['AAAAAAAAAAA', 30, 40], [after.uid, 0, 5]
    ])
    expect(only(store.terms)).toMatchObject({ read: 3, joined: 2, buffered: 1 })
  })

  test('routes by condition under the name of the route, and to the default what no condition took', () => {
    const { ingest, store, write } = setUp({
      routes: [
        { name: 'errors', condition: (record) => record.text(0).includes('error'), processors: [], outputs: ['errors'] },
        { name: 'db', condition: (record) => record.text(0).includes('db'), processors: [], outputs: ['db', 'errors'] },
        { name: 'rest', condition: undefined, processors: [], outputs: ['rest'] }
      ]
    })
    for (const text of ['error in app', 'fine', 'db error', 'db slow']) write(text)
    ingest.commit()
    expect(store.records().map(({ tag, outputs, body }) => [(body as { log: string }).log, tag, outputs])).toEqual([
      ['error in app', 'errors', ['errors']], ['fine', 'rest', ['rest']], ['db error', 'errors', ['errors']],
      ['db error', 'db', ['db', 'errors']], ['db slow', 'db', ['db', 'errors']]
    ])
    expect(new Set(store.records().map((r) => `${r.start} ${r.ordinal}`)).size).toBe(5)
    expect(only(store.terms)).toMatchObject({ read: 4, buffered: 4 })
  })

  test('lets the processors of a route work on its records only, and counts a record that all of its routes take out', () => {
    const upper = filter((record) => {
      record.setText(record.pool.key('log'), record.text(0).toUpperCase())
      return true
    }, 'route/upper')
    const drop = filter((record) => !record.text(0).includes('drop'), 'route/drop')
    const always = (): boolean => true
    const { ingest, store, write } = setUp({
      routes: [
        { name: 'plain', condition: (record) => !record.text(0).includes('only'), processors: [], outputs: ['a'] },
        { name: 'loud', condition: always, processors: [upper, filter((record) => !record.text(0).includes('DROP'), 'route/drop')], outputs: ['b'] },
        { name: 'other', condition: always, processors: [drop], outputs: ['c'] }
      ]
    })
    for (const text of ['one', 'drop', 'only drop']) write(text)
    ingest.commit()
    expect(store.records().map(({ tag, body }) => [tag, (body as { log: string }).log])).toEqual([
      ['plain', 'one'], ['loud', 'ONE'], ['other', 'one'], ['plain', 'drop']
    ])
    expect(only(store.terms)).toMatchObject({ read: 3, buffered: 2, filtered: { 'route/drop': 1 } })
  })

  test('closes a long frame by itself, at a record', () => {
    const { ingest, store, write } = setUp()
    const line = 'x'.repeat(60_000)
    for (let i = 0; i < 20; i++) write(line)
    ingest.commit()
    expect(store.frames.length).toBeGreaterThan(1)
    expect(store.records()).toHaveLength(20)
    expect(store.terms.reduce((sum, t) => sum + t.buffered, 0)).toBe(20)
  })

  test('makes no frame of nothing', () => {
    const { ingest, store, write } = setUp()
    write('x')
    ingest.commit()
    ingest.commit()
    expect(store.frames).toHaveLength(1)
  })
})
