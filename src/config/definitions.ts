/** Definitions of parsers and multiline parsers: the sections `parser` and `multiline_parser`. */

import { checkOptions, type Checking } from './check-options.ts'
import { entryOf, textOf, type Entry, type Section } from './document.ts'
import type { OptionsOf, Place } from './fields.ts'
import { multilineOptions, parserOptions } from './parser-options.ts'
import type { MultilinePlan, MultilineRule, ParserPlan } from './plan.ts'
import { splitWords } from './values.ts'

/** The parsers that `sections` define, checked but for what they refer to. */
export function readParsers(sections: readonly Section[], checking: Checking): ParserPlan[] {
  const parsers = sections.filter(({ type }) => type === 'parser').map((section): ParserPlan => {
    const title = titleOf('the parser', section)
    const { options, given } = checkOptions(section.entries, [parserOptions], { title, place: section.place }, checking)
    // checkOptions fills every declared name with a value of its kind.
    const checked = (options[0] ?? {}) as OptionsOf<typeof parserOptions>
    if (checked.format === 'regex' && checked.regex === undefined) {
      checking.problems.error('missing-option', { owner: title, option: 'regex' }, section.place)
    }
    if (checked.time_zone !== undefined && (checked.time_system_timezone || checked.time_offset !== undefined)) {
      const second = checked.time_system_timezone ? 'time_system_timezone' : 'time_offset'
      checking.problems.error('exclusive-options', { first: 'time_zone', second }, section.place)
    }
    return { name: checked.name, options: checked, given, place: section.place }
  })
  return withoutRepeats(parsers, 'parser', checking)
}

/** The multiline parsers that `sections` define. */
export function readMultilineParsers(sections: readonly Section[], checking: Checking): MultilinePlan[] {
  const found = sections.filter(({ type }) => type === 'multiline_parser').map((section): MultilinePlan => {
    const owner = { title: titleOf('the multiline parser', section), place: section.place }
    const { options, given } = checkOptions(section.entries, [multilineOptions], owner, checking)
    // checkOptions fills every declared name with a value of its kind.
    const checked = (options[0] ?? {}) as OptionsOf<typeof multilineOptions>
    const rules = section.entries.flatMap((entry) => rulesOf(entry, checking))
    if (checked.type === 'regex') {
      checkRules(rules, owner.title, section, checking)
    } else if (checked.match_string === undefined) {
      checking.problems.error('missing-option', { owner: owner.title, option: 'match_string' }, section.place)
    }
    return { name: checked.name, options: checked, rules, given, place: section.place }
  })
  return withoutRepeats(found, 'multiline parser', checking)
}

function checkRules(rules: readonly MultilineRule[], title: string, section: Section, checking: Checking): void {
  if (!rules.some(({ states }) => states.includes('start_state'))) {
    checking.problems.error('missing-option', { owner: title, option: 'rules' }, section.place, {
      hint: 'One rule must be for start_state.'
    })
  }
  const states = new Set(rules.flatMap((rule) => rule.states))
  for (const { next, place } of rules) {
    if (next === '' || states.has(next)) continue
    checking.problems.error('invalid-option', { owner: title, reason: `no rule is for the next state ${next}` }, place)
  }
}

/** A rule of the classic format, `"state" "/regex/" "next"`, or the items of `rules` in YAML. */
function rulesOf(entry: Entry, checking: Checking): MultilineRule[] {
  const name = entry.key.toLowerCase()
  const items = entry.value.kind === 'list' ? entry.value.items : [entry.value]
  if (name === 'rule') {
    return items.flatMap((item) => {
      const [states = '', regex = '', next = ''] = splitWords(textOf(item) ?? '', 3)
      return [ruleOf(states, regex, next, item.place)]
    })
  }
  if (name !== 'rules') return []
  return items.flatMap((item): MultilineRule[] => {
    if (item.kind !== 'map') {
      checking.problems.error('yaml-shape', { what: 'a rule', expected: 'a map', found: 'something else' }, item.place)
      return []
    }
    const text = (key: string): string | undefined => textOf(entryOf(item.entries, key)?.value)
    const state = text('state')
    const regex = text('regex')
    for (const part of item.entries) {
      if (['state', 'regex', 'next_state'].includes(part.key.toLowerCase())) continue
      checking.problems.error('unknown-option', { option: part.key, owner: 'a rule' }, part.place, {
        length: part.key.length,
        hint: 'A rule has state, regex and next_state.'
      })
    }
    for (const [option, value] of [['state', state], ['regex', regex]] as const) {
      if (value === undefined) checking.problems.error('missing-option', { owner: 'a rule', option }, item.place)
    }
    const place = entryOf(item.entries, 'regex')?.value.place ?? item.place
    return [ruleOf(state ?? '', regex ?? '', text('next_state') ?? '', place)]
  })
}

function ruleOf(states: string, regex: string, next: string, place: Place): MultilineRule {
  return { states: states.split(',').map((state) => state.trim()), regex, next: next.trim(), place }
}

/** Fluent Bit keeps the first of two parsers of one name and says so. */
function withoutRepeats<P extends { readonly name: string; readonly place: Place }>(
  all: readonly P[],
  kind: string,
  checking: Checking
): P[] {
  const names = new Set<string>()
  return all.filter(({ name, place }) => {
    if (!names.has(name)) {
      names.add(name)
      return true
    }
    checking.problems[checking.tolerant ? 'warning' : 'error']('duplicate-name', { kind, name }, place, {
      hint: checking.tolerant ? 'The first one holds.' : 'Remove one of them.'
    })
    return false
  })
}

function titleOf(kind: string, section: Section): string {
  const name = textOf(entryOf(section.entries, 'name')?.value)
  return name === undefined ? kind : `${kind} ${name}`
}
