/**
 * Lines of container runtimes: `TIME STREAM TAG TEXT`, TAG F for the end of a line and P for a part of one. They are
 * split on the bytes; a complete line with nothing waiting is sent as ranges of the block, without a copy.
 *
 * The meaning is that of Fluent Bit's pattern, `^(?<time>.+?) (?<stream>stdout|stderr) (?<_p>F|P) (?<log>.*)$`: a time
 * with blanks in it is possible, so the first place where the rest fits counts.
 */
import type { Key, Pool } from '../../event/pool.ts'
import { RAW_TEXT, type Source } from '../../event/record.ts'
import type { Stream } from '../../event/stream.ts'
import { TimeParser } from '../shared/time.ts'
import type { Group } from './held.ts'
import { Member, type MemberSettings } from './member.ts'

const BLANK = 0x20
const F = 0x46
const P = 0x50
/** ` stdout F ` and its like: what lies between time and text. */
const MIDDLE = 10
/** What it reads is taken at once, so the files of an agent, ten thousand of them, share it. */
const TIME = new TimeParser('%Y-%m-%dT%H:%M:%S.%L%z', { lenient: true })

export interface CriKeys {
  readonly time: Key
  readonly stream: Key
  readonly tag: Key
  readonly log: Key
}

export function criKeys(pool: Pool): CriKeys {
  return { time: pool.key('time'), stream: pool.key('stream'), tag: pool.key('_p'), log: pool.key('log') }
}

export class CriMember extends Member {
  readonly #keys: CriKeys
  readonly #stdout: Group
  readonly #stderr: Group

  constructor(settings: MemberSettings, keys: CriKeys) {
    super(settings)
    this.#keys = keys
    this.#stdout = this.group('stdout')
    this.#stderr = this.group('stderr')
  }

  take(source: Source, start: number, end: number, stream: Stream, from: number, to: number): boolean {
    const { record } = this
    const bytes = record.bytes[source]
    const timeEnd = findMiddle(bytes, start, end)
    if (timeEnd < 0) return false
    this.settings.claim(this)
    const tag = bytes[timeEnd + 8]!
    const text = timeEnd + MIDDLE
    const group = bytes[timeEnd + 4] === 0x6f ? this.#stdout : this.#stderr
    if (tag === F && group.lines === 0) {
      this.#fill(source, start, timeEnd, text, end)
      this.settings.sink.emitLine(stream, from, to)
      return true
    }
    if (group.lines > 0 && group.bytes + end - text > this.settings.limit) {
      // What is too long for one record becomes several; nothing of it is lost.
      group.truncated = true
      this.around(() => this.emit(group))
    }
    if (group.lines === 0) {
      this.#fill(source, start, timeEnd, text, end)
      this.begin(group)
      record.reset()
    }
    group.text.append(bytes, text, end)
    this.cover(group, stream, from, to)
    if (tag === F) this.emit(group)
    return true
  }

  #fill(source: Source, start: number, timeEnd: number, text: number, end: number): void {
    const { record } = this
    const keys = this.#keys
    record.append(keys.time, source, start, timeEnd, RAW_TEXT)
    record.append(keys.stream, source, timeEnd + 1, timeEnd + 7, RAW_TEXT)
    record.append(keys.tag, source, timeEnd + 8, timeEnd + 9, RAW_TEXT)
    record.append(keys.log, source, text, end, RAW_TEXT)
    if (TIME.parse(record.bytes[source], start, timeEnd)) TIME.giveTo(record)
  }
}

/** Offset of the blank behind the time, or -1 when the line is not of this kind. */
function findMiddle(bytes: Buffer, start: number, end: number): number {
  const last = end - MIDDLE
  for (let at = start + 1; at <= last; at++) {
    if (
      bytes[at] === BLANK && bytes[at + 7] === BLANK && bytes[at + 9] === BLANK &&
      (bytes[at + 8] === F || bytes[at + 8] === P) && isStream(bytes, at + 1)
    ) return at
  }
  return -1
}

/** `stdout` or `stderr`. */
function isStream(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x73 && bytes[at + 1] === 0x74 && bytes[at + 2] === 0x64 && (
    (bytes[at + 3] === 0x6f && bytes[at + 4] === 0x75 && bytes[at + 5] === 0x74) ||
    (bytes[at + 3] === 0x65 && bytes[at + 4] === 0x72 && bytes[at + 5] === 0x72)
  )
}
