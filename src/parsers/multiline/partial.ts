/**
 * Parts of messages as docker marks them when it hands long ones over in several: `partial_id` is the same in all parts of
 * a message, `partial_last` is true in the last. The joined record is that of the first part, without these marks.
 */
import type { Key, Pool } from '../../event/pool.ts'
import type { Record, Source } from '../../event/record.ts'
import type { Stream } from '../../event/stream.ts'
import type { MultilineParser } from '../multiline.ts'
import { Member, type MemberSettings } from './member.ts'

const PREFIX = 'partial_'

/** In place of a multiline parser: it is told which records are parts. */
export function partialMessages(pool: Pool): MultilineParser {
  const id = pool.key('partial_id')
  const last = pool.key('partial_last')
  return { name: 'partial_message', keyContent: undefined, flushTimeout: 2000, member: (settings) => new PartialMember(settings, id, last) }
}

export class PartialMember extends Member {
  readonly #id: Key
  readonly #last: Key

  constructor(settings: MemberSettings, id: Key, last: Key) {
    super(settings)
    this.#id = id
    this.#last = last
  }

  take(_source: Source, _start: number, _end: number, stream: Stream, from: number, to: number): boolean {
    const { record } = this
    const { key, limit } = this.settings
    const id = record.find(this.#id)
    if (id < 0) return false
    const name = record.text(id)
    // each message has a group of its own: those of complete ones go
    for (let i = this.groups.length - 1; i >= 0; i--) if (this.groups[i]!.lines === 0) this.groups.splice(i, 1)
    const group = this.group(name)
    const isLast = this.#isLast()
    record.locateString(record.find(key))
    if (group.lines > 0 && group.bytes + record.stringEnd - record.stringStart > limit) {
      // what is too long for one record becomes several; nothing of it is lost
      group.truncated = true
      this.around(() => this.emit(group))
      record.locateString(record.find(key))
    }
    group.text.append(record.bytes[record.stringSource], record.stringStart, record.stringEnd)
    if (group.lines === 0) {
      withoutMarks(record)
      this.begin(group)
    }
    this.cover(group, stream, from, to)
    record.reset()
    if (isLast) this.emit(group)
    return true
  }

  #isLast(): boolean {
    const index = this.record.find(this.#last)
    return index >= 0 && /^true/i.test(this.record.text(index))
  }
}

function withoutMarks(record: Record): void {
  for (let i = record.count - 1; i >= 0; i--) if (record.keyText(i).startsWith(PREFIX)) record.delete(i)
}
