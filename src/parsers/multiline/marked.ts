/**
 * Types endswith and equal: a mark in the text, or in the value of another key, tells that a group is complete; with
 * `negate` the mark tells that it is not.
 */
import type { Key } from '../../event/pool.ts'
import { JSON_TEXT, type Source } from '../../event/record.ts'
import type { Stream } from '../../event/stream.ts'
import type { Parser } from '../../plugin/parser.ts'
import type { Group } from './held.ts'
import { Member, type MemberSettings } from './member.ts'

export interface Mark {
  /** At the end of the text, or all of it. */
  readonly whole: boolean
  readonly bytes: Buffer
  readonly negate: boolean
}

export interface MarkedSettings extends MemberSettings {
  readonly mark: Mark
  /** Takes the line apart; without it the line is the text. */
  readonly parser: Parser | undefined
  readonly patternKey: Key | undefined
  readonly groupKey: Key | undefined
}

export class MarkedMember extends Member {
  readonly #own: MarkedSettings

  constructor(settings: MarkedSettings) {
    super(settings)
    this.#own = settings
  }

  take(source: Source, start: number, end: number, stream: Stream, from: number, to: number): boolean {
    const { parser, ofRecord } = this.#own
    if (ofRecord) return this.#takeMembers(this.record.find(this.settings.key), stream, from, to)
    if (!parser) {
      this.settings.claim(this)
      const complete = this.#isComplete(source, start, end)
      this.#join(this.group(''), source, start, end, complete, stream, from, to)
      return true
    }
    const { record } = this
    if (!parser.parse(record, source, start, end)) return false
    const index = record.find(this.settings.key)
    if (index < 0 || !record.isString(index)) {
      record.reset()
      return false
    }
    return this.#takeMembers(index, stream, from, to)
  }

  /** Takes what the record holds; `index` is that of the text. */
  #takeMembers(index: number, stream: Stream, from: number, to: number): true {
    const { record } = this
    const { sink, claim } = this.settings
    claim(this)
    const group = this.group(this.#groupName())
    const complete = this.#isMarked(index)
    if (complete && group.lines === 0) {
      // Complete by itself: the record is as the parser left it.
      sink.emitLine(stream, from, to)
      return true
    }
    record.locateString(record.find(this.settings.key))
    this.#join(group, record.stringSource, record.stringStart, record.stringEnd, complete, stream, from, to)
    return true
  }

  /** Adds text to a group and sends the group if it is complete. The record may hold the members of the line. */
  #join(
    group: Group, source: Source, start: number, end: number, complete: boolean, stream: Stream, from: number, to: number
  ): void {
    const { record } = this
    if (group.lines > 0 && group.bytes + end - start > this.settings.limit) {
      // What is too long for one record becomes several; nothing of it is lost.
      group.truncated = true
      this.around(() => this.emit(group))
      // The record lies elsewhere now: its text is in the arena.
      const index = record.find(this.settings.key)
      if (index >= 0 && record.locateString(index)) {
        source = record.stringSource
        start = record.stringStart
        end = record.stringEnd
      }
    }
    if (group.lines === 0) this.begin(group)
    else if (this.settings.newlines) this.endLine(group)
    group.text.append(record.bytes[source], start, end)
    this.cover(group, stream, from, to)
    record.reset()
    if (complete) this.emit(group)
  }

  #groupName(): string {
    const { groupKey } = this.#own
    if (!groupKey) return ''
    const index = this.record.find(groupKey)
    return index >= 0 && this.record.isString(index) ? this.record.text(index) : ''
  }

  /** Whether the record's text, at `index`, or the value of the pattern's key bears the mark. */
  #isMarked(index: number): boolean {
    const { record } = this
    const { patternKey } = this.#own
    if (patternKey) {
      const other = record.find(patternKey)
      if (other >= 0 && record.isString(other)) index = other
    }
    const { mark } = this.#own
    if (!mark.whole && mark.bytes.length === 1 && mark.bytes[0] === 0x0a && record.kind[index] === JSON_TEXT) {
      // The usual case of docker: no need to undo the escapes of the whole text to see its end.
      const bytes = record.bytes[record.valueSource[index] as Source]
      return endsWithNewline(bytes, record.valueStart[index]! + 1, record.valueEnd[index]! - 1) !== mark.negate
    }
    record.locateString(index)
    return this.#isComplete(record.stringSource, record.stringStart, record.stringEnd)
  }

  #isComplete(source: Source, start: number, end: number): boolean {
    const { bytes: mark, whole, negate } = this.#own.mark
    const fits = whole ? end - start === mark.length : end - start >= mark.length
    const found = fits && this.record.bytes[source].compare(mark, 0, mark.length, end - mark.length, end) === 0
    return found !== negate
  }
}

/** Whether the characters of a JSON string end with an escaped newline. */
function endsWithNewline(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < 2 || bytes[end - 1] !== 0x6e) {
    // \u000a is a newline too.
    return end - start >= 6 && /(^|[^\\])(\\\\)*\\u000[aA]$/.test(bytes.toString('latin1', start, end))
  }
  let backslashes = 0
  while (end - 2 - backslashes >= start && bytes[end - 2 - backslashes] === 0x5c) backslashes++
  return backslashes % 2 === 1
}
