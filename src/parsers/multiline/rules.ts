/**
 * Type regex: rules with states. A line that a rule of the present state takes goes on with the group; a line that a
 * rule of `start_state` takes begins one. A group also ends when the state reached is one that groups begin with.
 */
import type { Source } from '../../event/record.ts'
import type { Stream } from '../../event/stream.ts'
import { MATCHED, UNDECIDED, bytesMatcher, type Matcher } from '../../lib/onigmo/matcher.ts'
import { compileRegex, type CompiledRegex } from '../../lib/onigmo/regex.ts'
import type { Parser } from '../../plugin/parser.ts'
import type { RuleDefinition } from '../shared/definition.ts'
import type { Group } from './held.ts'
import { Member, type MemberSettings } from './member.ts'

export interface Rule {
  readonly regex: CompiledRegex
  readonly matcher: Matcher<Uint8Array> | undefined
  readonly starts: boolean
  /** Rules that may take the next line. */
  readonly following: readonly number[]
  /** The next line may begin a group. */
  readonly ends: boolean
}

/** Compiles rules. Throws Error with what is wrong. */
export function compileRules(definitions: readonly RuleDefinition[]): readonly Rule[] {
  const states = definitions.map((rule) => rule.states)
  if (definitions.length === 0) throw new Error('type regex needs rules')
  if (!states[0]!.includes('start_state')) throw new Error('the first rule must be one of start_state')
  return definitions.map(({ regex, next }, i) => {
    if (states[i]!.length === 0) throw new Error('a rule without a state')
    const compiled = compileRegex(regex)
    const reached = next === undefined || next === ''
      ? []
      : states.flatMap((from, other) => from.includes(next) ? [other] : [])
    if (next !== undefined && next !== '' && reached.length === 0) throw new Error(`no rule has the state ${next}`)
    const starts = (rule: number): boolean => states[rule]!.includes('start_state')
    return {
      regex: compiled,
      matcher: bytesMatcher(compiled.pattern),
      starts: starts(i),
      following: reached.filter((rule) => !starts(rule)),
      ends: reached.some(starts)
    }
  })
}

export interface RuleSettings extends MemberSettings {
  readonly rules: readonly Rule[]
  readonly parser: Parser | undefined
  /** Name of the group that the record belongs to. */
  readonly groupName: () => string
}

const NO_GROUPS = new Int32Array(512)

export class RuleMember extends Member {
  readonly #own: RuleSettings
  readonly #starts: readonly number[]

  constructor(settings: RuleSettings) {
    super(settings)
    this.#own = settings
    this.#starts = settings.rules.flatMap((rule, i) => rule.starts ? [i] : [])
  }

  take(source: Source, start: number, end: number, stream: Stream, from: number, to: number): boolean {
    const { record } = this
    const { parser, groupName, ofRecord } = this.#own
    if (ofRecord) return this.#takeText(this.group(groupName()), source, start, end, stream, from, to)
    if (!parser) return this.#takeText(this.group(''), source, start, end, stream, from, to)
    if (!parser.parse(record, source, start, end)) return false
    const index = record.find(this.settings.key)
    if (index < 0 || !record.isString(index)) {
      record.reset()
      return false
    }
    const group = this.group(groupName())
    record.locateString(record.find(this.settings.key))
    const taken = this.#takeText(group, record.stringSource, record.stringStart, record.stringEnd, stream, from, to)
    record.reset()
    return taken
  }

  #takeText(
    group: Group, source: Source, start: number, end: number, stream: Stream, from: number, to: number
  ): boolean {
    const { rules } = this.#own
    const previous = group.rule
    let rule = previous < 0 ? -1 : this.#find(rules[previous]!.following, source, start, end)
    if (rule >= 0 && group.bytes + end - start > this.settings.limit) {
      // What is too long for one record becomes several; nothing of it is lost.
      group.truncated = true
      group.rule = rule = -1
      this.#sendFirst(group)
      this.#begin(group, source, start, end, stream, from, to)
      return true
    }
    if (rule >= 0) {
      this.settings.claim(this)
      if (group.lines === 0) this.begin(group)
      this.endLine(group)
      if (start === end) group.text.appendByte(0x0a)
    } else {
      rule = this.#find(this.#starts, source, start, end)
      if (rule < 0) return false
      this.settings.claim(this)
      this.#sendFirst(group)
      this.begin(group)
    }
    group.rule = rule
    this.#append(group, source, start, end, stream, from, to)
    if (rules[rule]!.ends) this.emit(group)
    return true
  }

  #begin(group: Group, source: Source, start: number, end: number, stream: Stream, from: number, to: number): void {
    this.begin(group)
    this.#append(group, source, start, end, stream, from, to)
  }

  /** The text of the line is where it was only if the record has not been used since: it is looked up again. */
  #append(group: Group, source: Source, start: number, end: number, stream: Stream, from: number, to: number): void {
    const { record } = this
    const index = this.#own.parser || this.#own.ofRecord ? record.find(this.settings.key) : -1
    if (index >= 0 && record.locateString(index)) {
      group.text.append(record.bytes[record.stringSource], record.stringStart, record.stringEnd)
    } else group.text.append(record.bytes[source], start, end)
    this.cover(group, stream, from, to)
    record.reset()
  }

  #sendFirst(group: Group): void {
    if (group.lines > 0) this.around(() => this.emit(group))
  }

  #find(candidates: readonly number[], source: Source, start: number, end: number): number {
    const bytes = this.record.bytes[source]
    for (const candidate of candidates) {
      const { matcher, regex } = this.#own.rules[candidate]!
      const outcome = matcher ? matcher(bytes, start, end, NO_GROUPS) : UNDECIDED
      if (outcome === MATCHED || (outcome === UNDECIDED && regex.test(bytes.toString('utf8', start, end)))) return candidate
    }
    return -1
  }
}
