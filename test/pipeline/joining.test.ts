import { afterEach, describe, expect, it, vi } from 'vitest'
import { scanObject } from '../../src/event/json-scan.ts'
import { Pool } from '../../src/event/pool.ts'
import { BLOCK, Record } from '../../src/event/record.ts'
import { Stream } from '../../src/event/stream.ts'
import { createParsers } from '../../src/parsers/index.ts'
import { Joining, type Origin } from '../../src/pipeline/joining.ts'
import { FilterUnit, JoinStep, TagPath } from '../../src/pipeline/tag-path.ts'
import { KEEP, type Joins, type Seam } from '../../src/plugin/filter.ts'

afterEach(() => {
  vi.useRealTimers()
})

const pool = new Pool()
const factory = createParsers([], [], pool).joiner(['java'], { key: 'log', ofRecords: true, flushTimeout: 100 })
const seam: Seam = { factory }
const joins: Joins = { key: pool.key('log'), forTag: () => () => seam }

function set() {
  const released: { readonly text: string; readonly from: number[] }[] = []
  let commits = 0
  const record = new Record(pool)
  const unit = new FilterUnit('multiline.0', () => true, { joins, forTag: () => () => KEEP })
  const step = new JoinStep(unit, joins, new TagPath('app', [], [], []))
  const joining = new Joining((_rest, one, origins) => {
    released.push({ text: one.text(one.find(joins.key)), from: origins.map(({ from }) => from) })
    one.reset()
  }, () => commits++)
  const take = (text: string, from: number, path = 'a', by = seam): void => {
    const block = Buffer.from(JSON.stringify({ log: text }))
    record.useBlock(block)
    scanObject(record, BLOCK, 0, block.length)
    const origin: Origin = {
      stream: new Stream(path, 0, { input: 'x', path, marks: {} }), from, to: from + 1, ordinal: 0, lines: 1, made: 0, holds: []
    }
    joining.take(step, by, record, { ...origin, stream: streams.get(path) ?? remember(path, origin.stream) })
    record.reset()
  }
  return { joining, take, released, commits: () => commits }
}

const streams = new Map<string, Stream>()
function remember(path: string, stream: Stream): Stream {
  streams.set(path, stream)
  return stream
}

describe('joining', () => {
  it('tells which records a joined one was made of, each path by itself', () => {
    const { joining, take, released } = set()
    take('x.Exception: a', 0, 'a')
    take('x.Exception: b', 0, 'b')
    take('\tat one', 1, 'a')
    expect([released, joining.held]).toEqual([[], 3])
    take('alone', 2, 'a')
    expect(released).toEqual([{ text: 'x.Exception: a\n\tat one', from: [0, 1] }, { text: 'alone', from: [2] }])
    joining.flushAll()
    expect([released.at(-1), joining.held]).toEqual([{ text: 'x.Exception: b', from: [0] }, 0])
    joining.close()
  })

  it('joins the records of each seam of a path by themselves, and lets what waits go first when its factory changes', () => {
    const { joining, take, released } = set()
    const out: Seam = { factory }
    const err: Seam = { factory }
    take('x.Exception: out', 0, 'a', out)
    take('x.Exception: err', 1, 'a', err)
    take('\tat out', 2, 'a', out)
    take('\tat err', 3, 'a', err)
    out.factory = undefined
    take('\tat alone', 4, 'a', out)
    expect(released).toEqual([{ text: 'x.Exception: out\n\tat out', from: [0, 2] }, { text: '\tat alone', from: [4] }])
    err.factory = createParsers([], [], pool).joiner(['go'], { key: 'log', ofRecords: true })
    take('\tat alone', 5, 'a', err)
    expect(released.slice(2)).toEqual([{ text: 'x.Exception: err\n\tat err', from: [1, 3] }, { text: '\tat alone', from: [5] }])
    expect(joining.held).toBe(0)
    joining.close()
  })

  it('commits what its timer let go, and nothing is left to fire after close', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const { joining, take, released, commits } = set()
    take('x.Exception: a', 0)
    await vi.advanceTimersByTimeAsync(250)
    expect([released.length, commits() > 0]).toEqual([1, true])
    take('x.Exception: b', 1)
    joining.close()
    await vi.advanceTimersByTimeAsync(1000)
    expect(released.length).toBe(1)
  })
})
