import { beforeEach, describe, expect, it } from 'vitest'
import type { Stream } from '../../../src/event/stream.ts'
import { JoinerHandler, lineHandler, makeHandling, type Handling, type LineHandler } from '../../../src/inputs/tail/handlers.ts'
import { firstLineMode } from '../../../src/inputs/tail/first-line-mode.ts'
import { RecordingIngest } from '../recording-ingest.ts'
import { parser } from './parsers.ts'

const PATH = '/var/log/"odd" name.log'
const level = parser('level', /^(?<level>[A-Z]+) (?<text>.*)$/)
const timed = parser('timed', /^(?<time>\d+) (?<text>.*)$/)
let ingest: RecordingIngest
let stream: Stream

beforeEach(() => {
  ingest = new RecordingIngest()
  stream = ingest.openStream({ input: 'tail.0', path: PATH, marks: {} })
})

function handling(chosen: Partial<Parameters<typeof makeHandling>[2]> = {}): Handling {
  const made = makeHandling(ingest, ingest.pool, {
    key: 'log', pathKey: undefined, offsetKey: undefined, parser: null, joiner: null, ignoreOlder: 0, ...chosen
  })
  made.clock.seconds = 1_000
  made.clock.nanos = 5
  return made
}

/** Gives lines that lie one behind the other from offset 100 on. */
function give(handler: LineHandler, ...lines: string[]): void {
  let at = 100
  for (const line of lines) {
    const bytes = Buffer.from('<' + line + '>')
    ingest.record.useBlock(bytes)
    handler.line(stream, 1, bytes.length - 1, at, at + bytes.length - 1)
    at += bytes.length - 1
  }
  ingest.commit()
}

describe('a line without a parser', () => {
  it('is a text under the key, at the time of reading', () => {
    give(lineHandler(handling({ key: 'message' }), ingest.tag('t'), PATH), 'one "two" \\')
    const { tag, members, seconds, nanos, ranges } = ingest.records[0]!
    expect([tag, members, seconds, nanos, ranges]).toEqual(['t', { message: 'one "two" \\' }, 1_000, 5, [[100, 112]]])
  })

  it('comes with its path and the offset at which it begins', () => {
    give(lineHandler(handling({ pathKey: 'file', offsetKey: 'at' }), ingest.tag('t'), PATH), 'a', 'b')
    expect(ingest.records.map((taken) => Object.entries(taken.members))).toEqual([
      [['file', PATH], ['at', 100], ['log', 'a']], [['file', PATH], ['at', 102], ['log', 'b']]
    ])
  })

  it('is last when a key is given twice', () => {
    give(lineHandler(handling({ key: 'file', pathKey: 'file' }), ingest.tag('t'), PATH), 'a')
    expect(ingest.records[0]!.members).toEqual({ file: 'a' })
  })
})

describe('a line with a parser', () => {
  it('is taken apart, or a text when it is of another kind', () => {
    give(lineHandler(handling({ parser: level, pathKey: 'file' }), ingest.tag('t'), PATH), 'INFO ok', 'stray')
    expect(ingest.values('text')).toEqual(['ok', undefined])
    expect(ingest.values('log')).toEqual([undefined, 'stray'])
    expect(ingest.values('file')).toEqual([PATH, PATH])
  })

  it('is left out, counted and covered when its own time is too old', () => {
    const chosen = handling({ parser: timed, ignoreOlder: 60_000 })
    give(lineHandler(chosen, ingest.tag('t'), PATH), '939 old', '940 young', 'no time')
    expect(ingest.records.map((taken) => [taken.members, taken.seconds])).toEqual([
      [{ text: 'young' }, 940], [{ log: 'no time' }, 1_000]
    ])
    expect(ingest.dropped).toEqual({ ignore_older: 1 })
    expect(ingest.recovered()[0]!.covered).toEqual([[100, 126]])
  })
})

describe('lines that are joined', () => {
  it('have the path and the offset of the first, and cover all', () => {
    const joiner = firstLineMode(level, [], ingest.pool.key('log'), 4_000)
    const handler = new JoinerHandler(handling({ joiner, pathKey: 'file', offsetKey: 'at' }), joiner, ingest.tag('t'), PATH)
    give(handler, 'INFO a', ' b')
    expect([handler.heldLines, ingest.records.length]).toEqual([2, 0])
    handler.joiner.flush(Date.now(), true)
    ingest.commit()
    expect(ingest.records[0]!.members).toEqual({ level: 'INFO', text: 'a\n b', file: PATH, at: 100 })
    expect(ingest.recovered()[0]!.covered).toEqual([[100, 110]])
  })

  it('are left out together when the group is too old', () => {
    const joiner = firstLineMode(timed, [], ingest.pool.key('log'), 4_000)
    const handler = new JoinerHandler(handling({ joiner, ignoreOlder: 60_000 }), joiner, ingest.tag('t'), PATH)
    give(handler, '1 a', ' b', '990 c')
    handler.joiner.flush(Date.now(), true)
    ingest.commit()
    expect(ingest.values('text')).toEqual(['c'])
    expect(ingest.dropped).toEqual({ ignore_older: 2 })
    expect(ingest.overlaps).toEqual([])
  })
})
