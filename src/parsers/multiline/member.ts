/** What the joiners of all kinds share: groups, emission, timers, limits. */
import type { Key } from '../../event/pool.ts'
import { ARENA, RAW_TEXT, type Record, type Source } from '../../event/record.ts'
import type { Stream } from '../../event/stream.ts'
import type { JoinerSink } from '../../plugin/parser.ts'
import { Group, HeldMembers, setJoined } from './held.ts'

/** Groups of one path that are kept apart; beyond them the one that has waited longest is sent. */
const MOST_GROUPS = 64
const TRUNCATED = '{"multiline_truncated":true}'
const NEWLINE = 0x0a

export interface MemberSettings {
  readonly sink: JoinerSink
  /** Key of the joined text. */
  readonly key: Key
  /** A line is the string under `key` of what the record holds; the joined record is that of the first line. */
  readonly ofRecord: boolean
  /** Lines are joined with newlines and the text ends with one: so it is for text that no parser has taken apart. */
  readonly newlines: boolean
  /** Milliseconds after a group's last line. */
  readonly flushTimeout: number
  /** Bytes that a group may hold. */
  readonly limit: number
  /** Called before a member takes a line, so that what others hold goes first. */
  readonly claim: (member: Member) => void
}

/** One multiline parser at work on one path. */
export abstract class Member {
  readonly groups: Group[] = []
  heldLines = 0
  protected readonly settings: MemberSettings
  protected readonly record: Record
  readonly #spare = new HeldMembers()

  constructor(settings: MemberSettings) {
    this.settings = settings
    this.record = settings.sink.record
  }

  /**
   * Takes the line if it is of this member's kind. Returns false, with the record empty, if it is not. The record's time
   * on entry is the time of a line without one.
   */
  abstract take(source: Source, start: number, end: number, stream: Stream, from: number, to: number): boolean

  get heldBytes(): number {
    let bytes = 0
    for (const group of this.groups) bytes += group.bytes
    return bytes
  }

  /** The group of this name, made when it is new. */
  protected group(name: string): Group {
    for (const group of this.groups) if (group.name === name) return group
    if (this.groups.length >= MOST_GROUPS) {
      const oldest = this.groups.shift()!
      if (oldest.lines > 0) this.around(() => this.emit(oldest))
    }
    const group = new Group(name)
    this.groups.push(group)
    return group
  }

  /** Does something that uses the record, and gives it back as it was. */
  around(action: () => void): void {
    const { record } = this
    this.#spare.save(record)
    record.reset()
    action()
    record.reset()
    this.#spare.restore(record)
  }

  /** Begins a group with what the record holds, or with text alone. */
  protected begin(group: Group): void {
    group.members.save(this.record)
  }

  /** Counts a line of a group. */
  protected cover(group: Group, stream: Stream, from: number, to: number): void {
    group.cover(stream, from, to)
    this.heldLines++
  }

  protected endLine(group: Group): void {
    const { text } = group
    if (text.length > 0 && text.bytes[text.length - 1] !== NEWLINE) text.appendByte(NEWLINE)
  }

  /** Fills the empty record from the group and sends it; the group is empty then. */
  emit(group: Group): void {
    const { record } = this
    const { sink, key, newlines } = this.settings
    if (newlines) this.endLine(group)
    group.members.restore(record)
    if (group.text.length > 0) {
      const index = record.find(key)
      if (index >= 0) setJoined(record, index, group.text)
      else if (record.count === 0) {
        const start = record.addBytes(group.text.bytes, 0, group.text.length)
        record.append(key, ARENA, start, record.arenaLength, RAW_TEXT)
      }
    }
    if (group.truncated) record.metadata = TRUNCATED
    const { lines } = group
    const ranges = group.ranges.slice()
    group.clear()
    this.heldLines -= lines
    if (lines === 1 && ranges.length === 1) sink.emitLine(ranges[0]!.stream, ranges[0]!.from, ranges[0]!.to)
    else sink.emit(ranges, lines)
  }

  /** Sends everything that waits, in the order in which it began to. */
  flushAll(): void {
    for (const group of this.groups) if (group.lines > 0) this.emit(group)
  }

  /** See `Joiner.flush`. */
  flush(now: number, all: boolean): number {
    let due = Infinity
    for (const group of this.groups) {
      if (group.lines === 0) continue
      if (Number.isNaN(group.seen)) group.seen = now
      const rest = group.seen + this.settings.flushTimeout - now
      if (all || rest <= 0) this.emit(group)
      else if (rest < due) due = rest
    }
    return due
  }
}
