/**
 * Named groups of a regular expression. The matcher works on the bytes and leaves the groups as ranges; only what it
 * leaves undecided (characters beyond ASCII, constructs that it does not do) is decoded and given to RegExp.
 */
import type { Key, Pool } from '../event/pool.ts'
import { ARENA, RAW_TEXT, type Record, type Source } from '../event/record.ts'
import { FAILED, MATCHED, UNDECIDED, bytesMatcher, type Matcher } from '../lib/onigmo/matcher.ts'
import { compileRegex, type CompiledRegex } from '../lib/onigmo/regex.ts'
import type { Parser } from '../plugin/parser.ts'
import { createDecoders, type Decoders } from './shared/decoders.ts'
import type { ParserDefinition } from './shared/definition.ts'
import { createTimeField, type TimeField } from './shared/time-field.ts'
import { cast, made, parseTypes, type ValueType } from './shared/types.ts'

interface Field {
  readonly key: Key
  readonly groups: readonly number[]
  readonly type: ValueType | undefined
  readonly isTime: boolean
}

export class RegexParser implements Parser {
  readonly name: string
  readonly #regex: CompiledRegex
  readonly #matcher: Matcher<Uint8Array> | undefined
  /** Start and end of each group, as offsets; -1 when it took no part. */
  readonly #groups: Int32Array
  readonly #fields: readonly Field[]
  readonly #skipEmpty: boolean
  readonly #time: TimeField | undefined
  readonly #decode: Decoders | undefined
  /** Where the groups lie: in the text's own buffer, or copied to the arena. */
  #source: Source = ARENA

  constructor(definition: ParserDefinition, pool: Pool) {
    if (!definition.regex) throw new Error('format regex needs regex')
    this.name = definition.name
    this.#regex = compileRegex(definition.regex)
    this.#matcher = bytesMatcher(this.#regex.pattern)
    this.#groups = new Int32Array(this.#regex.pattern.groups * 2 + 2)
    this.#time = createTimeField(definition, pool)
    this.#decode = createDecoders(definition, pool)
    this.#skipEmpty = definition.skip_empty_values ?? true
    const types = parseTypes(definition.types ?? '')
    this.#fields = this.#regex.names.map(({ name, groups }) => ({
      key: pool.key(name), groups, type: types.get(name), isTime: this.#time?.key.text === name
    }))
  }

  parse(record: Record, source: Source, start: number, end: number): boolean {
    let outcome = this.#matcher ? this.#matcher(record.bytes[source], start, end, this.#groups) : UNDECIDED
    this.#source = source
    if (outcome === UNDECIDED) outcome = this.#decide(record, source, start, end)
    if (outcome !== MATCHED) return false
    const before = record.count
    let tookPart = false
    for (const field of this.#fields) if (this.#take(record, field, before > 0)) tookPart = true
    // A match in which no named group took part is none.
    if (!tookPart) {
      record.count = before
      return false
    }
    if (this.#decode) this.#decode(record)
    return true
  }

  /** Adds a field to the record; returns whether its group took part. */
  #take(record: Record, field: Field, mayBeThere: boolean): boolean {
    const groups = this.#groups
    let group = field.groups[0]!
    // Of groups with the same name the last one that took part counts.
    for (let i = 1; i < field.groups.length; i++) if (groups[field.groups[i]! * 2]! >= 0) group = field.groups[i]!
    const start = groups[group * 2]!
    const end = groups[group * 2 + 1]!
    if (start === end || start < 0) {
      if (!this.#skipEmpty) this.#set(record, field, 0, 0, mayBeThere)
      return start >= 0
    }
    if (field.isTime) {
      const { parser, keep } = this.#time!
      // A time that does not fit its format is dropped, even when it was to be kept.
      if (!parser.parse(record.bytes[this.#source], start, end)) return true
      parser.giveTo(record)
      if (!keep) return true
    }
    this.#set(record, field, start, end, mayBeThere)
    return true
  }

  #set(record: Record, { key, type }: Field, start: number, end: number, mayBeThere: boolean): void {
    if (type !== undefined) {
      cast(record, this.#source, start, end, type)
      record.set(key, made.source, made.start, made.end, made.kind)
    } else if (mayBeThere) record.set(key, this.#source, start, end, RAW_TEXT)
    else record.append(key, this.#source, start, end, RAW_TEXT)
  }

  #decide(record: Record, source: Source, start: number, end: number): 0 | 1 {
    const bytes = record.bytes[source]
    const text = bytes.toString('utf8', start, end)
    const match = this.#regex.execIndexed(text)
    if (match === null) return FAILED
    const ascii = text.length === end - start
    if (!ascii) this.#source = ARENA
    for (let group = 1; group < match.length; group++) {
      const range = match.indices![group]
      if (range === undefined) this.#groups[group * 2] = this.#groups[group * 2 + 1] = -1
      else if (ascii) {
        this.#groups[group * 2] = start + range[0]
        this.#groups[group * 2 + 1] = start + range[1]
      } else {
        this.#groups[group * 2] = record.addText(match[group]!)
        this.#groups[group * 2 + 1] = record.arenaLength
      }
    }
    return MATCHED
  }
}
