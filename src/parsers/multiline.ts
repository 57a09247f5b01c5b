/**
 * Joins lines of one path by multiline parsers, tried in order, the one that took the last line first. A line that none
 * takes ends what waits and goes alone.
 *
 * Differences from Fluent Bit, on purpose: a group's time runs from its own last line; when another parser of the list
 * takes a line, what waits goes first, so that the order of the file is kept; a group at its limit is sent and marked
 * as truncated, and the line that would not fit begins the next one instead of being cut.
 */
import type { Key, Pool } from '../event/pool.ts'
import { ARENA, RAW_TEXT, type Record, type Source } from '../event/record.ts'
import type { Stream } from '../event/stream.ts'
import type { Joiner, JoinerFactory, JoinerSink, Parser } from '../plugin/parser.ts'
import type { MultilineDefinition } from './shared/definition.ts'
import { builtIn } from './shared/built-in-multiline.ts'
import { CriMember, criKeys } from './multiline/cri.ts'
import { MarkedMember } from './multiline/marked.ts'
import type { Member, MemberSettings } from './multiline/member.ts'
import { partialMessages } from './multiline/partial.ts'
import { RuleMember, compileRules } from './multiline/rules.ts'

const FLUSH_TIMEOUT = 4000
const LIMIT = 2 * 1024 * 1024

export interface MultilineOptions {
  /** Key of a line that no parser took, when the first parser names none. */
  readonly key?: string | undefined
  /** Milliseconds after a group's last line; instead of what the parsers say. */
  readonly flushTimeout?: number | undefined
  /** Joins records by the string under `key` instead of lines; see `MemberSettings.ofRecord`. */
  readonly ofRecords?: boolean | undefined
  /** Joins records that are parts of messages, instead of what the parsers find. */
  readonly partials?: boolean | undefined
  /** Bytes of one group; 2 MB when not set, 0 for no limit. */
  readonly limit?: number | undefined
}

/** Makes members of one multiline parser, one for each path. */
export interface MultilineParser {
  readonly name: string
  /** Key of the joined text; undefined when lines are joined as text. */
  readonly keyContent: string | undefined
  readonly flushTimeout: number
  member(settings: MemberSettings): Member
}

/** Makes a multiline parser of its definition; `dockerParser` makes the parser of docker's lines. Throws Error with what is wrong. */
export function createMultilineParser(
  definition: MultilineDefinition, pool: Pool, parserOf: (name: string) => Parser | undefined, dockerParser: () => Parser
): MultilineParser {
  const { name, key_content: keyContent, flush_timeout: given } = definition
  const flushTimeout = given !== undefined && given > 0 ? given : FLUSH_TIMEOUT
  const common = { name, keyContent, flushTimeout }
  const parser = definition === builtIn.get('docker') ? dockerParser() : namedParser(definition, parserOf)
  if (parser && keyContent === undefined) throw new Error('parser needs key_content: the key of the text to join')
  const groupKey = optionalKey(definition.key_group, pool)
  if ((definition.type ?? 'regex') === 'regex') {
    const rules = compileRules(definition.rules ?? [])
    return {
      ...common,
      member: (settings) => new RuleMember({
        ...settings, rules, parser, groupName: () => groupOf(settings.sink.record, groupKey)
      })
    }
  }
  if (!definition.match_string) throw new Error(`type ${definition.type!} needs match_string`)
  const mark = {
    whole: definition.type !== 'endswith', bytes: Buffer.from(definition.match_string), negate: definition.negate ?? false
  }
  const patternKey = optionalKey(definition.key_pattern, pool)
  const marked = (settings: MemberSettings): Member => new MarkedMember({ ...settings, mark, parser, patternKey, groupKey })
  if (definition !== builtIn.get('cri')) return { ...common, member: marked }
  const keys = criKeys(pool)
  return { ...common, member: (settings) => settings.ofRecord ? marked(settings) : new CriMember(settings, keys) }
}

function namedParser(definition: MultilineDefinition, parserOf: (name: string) => Parser | undefined): Parser | undefined {
  if (!definition.parser) return undefined
  const parser = parserOf(definition.parser)
  if (!parser) throw new Error(`there is no parser ${definition.parser}`)
  return parser
}

function optionalKey(text: string | undefined, pool: Pool): Key | undefined {
  return text ? pool.key(text) : undefined
}

function groupOf(record: Record, key: Key | undefined): string {
  const index = key ? record.find(key) : -1
  return index >= 0 && record.isString(index) ? record.text(index) : ''
}

/** A factory of joiners for parsers in order. */
export function createJoinerFactory(named: readonly MultilineParser[], options: MultilineOptions, pool: Pool): JoinerFactory {
  const { ofRecords = false, partials = false } = options
  const parsers = partials ? [partialMessages(pool)] : named
  const fallback = (ofRecords ? undefined : parsers[0]?.keyContent) ?? options.key ?? 'log'
  const alone = ofRecords ? undefined : pool.key(fallback)
  const keys = parsers.map((parser) => pool.key((ofRecords ? undefined : parser.keyContent) ?? fallback))
  return (sink) => new PathJoiner(sink, alone, parsers[0]?.keyContent === undefined, (claim) => parsers.map((parser, i) => parser.member({
    sink,
    key: keys[i]!,
    ofRecord: ofRecords,
    newlines: parser.keyContent === undefined && !ofRecords,
    flushTimeout: options.flushTimeout ?? parser.flushTimeout,
    limit: options.limit === undefined ? LIMIT : options.limit > 0 ? options.limit : Infinity,
    claim
  })))
}

class PathJoiner implements Joiner {
  readonly #sink: JoinerSink
  /** Of a line that none takes; undefined when records are joined, which stay as they are then. */
  readonly #key: Key | undefined
  readonly #newline: boolean
  readonly #members: readonly Member[]
  #last: Member | undefined

  constructor(
    sink: JoinerSink, key: Key | undefined, newline: boolean, make: (claim: (member: Member) => void) => readonly Member[]
  ) {
    this.#sink = sink
    this.#key = key
    this.#newline = newline
    this.#members = make((member) => this.#claim(member))
    this.#last = this.#members[0]
  }

  get heldLines(): number {
    let lines = 0
    for (const member of this.#members) lines += member.heldLines
    return lines
  }

  get heldBytes(): number {
    let bytes = 0
    for (const member of this.#members) if (member.heldLines > 0) bytes += member.heldBytes
    return bytes
  }

  line(source: Source, start: number, end: number, stream: Stream, from: number, to: number): void {
    const { record } = this.#sink
    const { seconds, nanos } = record
    if (!this.#taken(source, start, end, stream, from, to, seconds, nanos)) this.#alone(source, start, end, stream, from, to)
    // The next line without a time has the time of reading, not this line's.
    record.setTime(seconds, nanos)
  }

  #taken(
    source: Source, start: number, end: number, stream: Stream, from: number, to: number, seconds: number, nanos: number
  ): boolean {
    const last = this.#last
    if (last?.take(source, start, end, stream, from, to)) return true
    for (const member of this.#members) {
      if (member === last) continue
      this.#sink.record.setTime(seconds, nanos)
      if (!member.take(source, start, end, stream, from, to)) continue
      this.#last = member
      return true
    }
    this.#sink.record.setTime(seconds, nanos)
    return false
  }

  /** What another member holds goes before what this one takes. */
  #claim(member: Member): void {
    for (const other of this.#members) {
      if (other !== member && other.heldLines > 0) member.around(() => other.flushAll())
    }
  }

  #alone(source: Source, start: number, end: number, stream: Stream, from: number, to: number): void {
    const { record } = this.#sink
    const { seconds, nanos } = record
    if (this.#key === undefined) {
      for (const member of this.#members) if (member.heldLines > 0) member.around(() => member.flushAll())
      this.#sink.emitLine(stream, from, to)
      return
    }
    for (const member of this.#members) if (member.heldLines > 0) member.flushAll()
    record.reset()
    record.setTime(seconds, nanos)
    if (this.#newline) {
      const at = record.addBytes(record.bytes[source], start, end)
      const newline = record.reserve(1)
      record.bytes[ARENA][newline] = 0x0a
      record.used(newline + 1)
      record.append(this.#key, ARENA, at, newline + 1, RAW_TEXT)
    } else record.append(this.#key, source, start, end, RAW_TEXT)
    this.#sink.emitLine(stream, from, to)
  }

  flush(now: number, all: boolean): number {
    const { record } = this.#sink
    const { seconds, nanos } = record
    let due = Infinity
    for (const member of this.#members) if (member.heldLines > 0) due = Math.min(due, member.flush(now, all))
    record.setTime(seconds, nanos)
    return due
  }
}
