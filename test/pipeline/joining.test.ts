import { afterEach, describe, expect, it, vi } from 'vitest'
import { scanObject } from '../../src/event/json-scan.ts'
import { Pool } from '../../src/event/pool.ts'
import { BLOCK, Record } from '../../src/event/record.ts'
import { Stream } from '../../src/event/stream.ts'
import { createParsers } from '../../src/parsers/index.ts'
import { Joining, type Origin } from '../../src/pipeline/joining.ts'
import { FilterUnit, TagPath } from '../../src/pipeline/tag-path.ts'
import { KEEP } from '../../src/plugin/filter.ts'

afterEach(() => {
  vi.useRealTimers()
})

const pool = new Pool()
const factory = createParsers([], [], pool).joiner(['java'], { key: 'log', ofRecords: true, flushTimeout: 100 })
const joins = { factory, key: pool.key('log') }

function set() {
  const released: { readonly text: string; readonly from: number[] }[] = []
  let commits = 0
  const record = new Record(pool)
  const unit = new FilterUnit('multiline.0', () => true, { joins, forTag: () => () => KEEP })
  const step = { unit, joins, rest: new TagPath('app', [], [], []) }
  const joining = new Joining((_rest, one, origins) => {
    released.push({ text: one.text(one.find(joins.key)), from: origins.map(({ from }) => from) })
    one.reset()
  }, () => commits++)
  const take = (text: string, from: number, path = 'a'): void => {
    const block = Buffer.from(JSON.stringify({ log: text }))
    record.useBlock(block)
    scanObject(record, BLOCK, 0, block.length)
    const origin: Origin = {
      stream: new Stream(path, 0, { input: 'x', path, marks: {} }), from, to: from + 1, ordinal: 0, lines: 1, made: 0, holds: []
    }
    joining.take(step, record, { ...origin, stream: streams.get(path) ?? remember(path, origin.stream) })
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
