/**
 * The ten conditions of filter modify. Values are compared as strings; regular expressions also see `true` and `false`,
 * but no number, null or structure.
 */
import { compileAccessor, type Accessor } from '../../event/accessor.ts'
import { compileMatcher, ExactMatcher, type Matcher } from '../../event/matcher.ts'
import type { Pool } from '../../event/pool.ts'
import { CONSTANT, RAW_TEXT, type Record, type Source } from '../../event/record.ts'
import { keyMatches } from './rules.ts'

export type Condition = (record: Record) => boolean

/** `words`: the condition's name and its one or two arguments. Throws for a wrong name, accessor or regex. */
export function compileCondition(words: readonly string[], pool: Pool): Condition {
  const [name = '', first = '', second] = words
  const value = (): string => {
    if (second === undefined) throw new Error(`The condition ${name} needs two arguments.`)
    return second
  }
  switch (name.toLowerCase()) {
    case 'key_exists': return exists(compileAccessor(first, pool))
    case 'key_does_not_exist': return not(exists(compileAccessor(first, pool)))
    case 'a_key_matches': return aKeyMatches(compileMatcher(first))
    case 'no_key_matches': return not(aKeyMatches(compileMatcher(first)))
    case 'key_value_equals': return valueEquals(compileAccessor(first, pool), value(), true)
    case 'key_value_does_not_equal': return valueEquals(compileAccessor(first, pool), value(), false)
    case 'key_value_matches': return valueMatches(compileAccessor(first, pool), compileMatcher(value()), true)
    case 'key_value_does_not_match': return valueMatches(compileAccessor(first, pool), compileMatcher(value()), false)
    case 'matching_keys_have_matching_values': return matchingKeys(compileMatcher(first), compileMatcher(value()))
    case 'matching_keys_do_not_have_matching_values':
      return not(matchingKeys(compileMatcher(first), compileMatcher(value())))
    default: throw new Error(`There is no condition \`${name}\`.`)
  }
}

function not(condition: Condition): Condition {
  return (record) => !condition(record)
}

function exists(accessor: Accessor): Condition {
  return (record) => accessor.locate(record)
}

function aKeyMatches(matcher: Matcher): Condition {
  const test = keyMatches(matcher)
  return (record) => {
    for (let i = 0; i < record.count; i++) if (test(record, i)) return true
    return false
  }
}

function valueEquals(accessor: Accessor, text: string, wanted: boolean): Condition {
  const matcher = new ExactMatcher([text])
  return (record) => accessor.locate(record) && (accessor.isString() && accessor.matchesLocated(matcher)) === wanted
}

function valueMatches(accessor: Accessor, matcher: Matcher, wanted: boolean): Condition {
  return (record) => accessor.locate(record) && (
    isMatchable(accessor.raw, accessor.bytes[accessor.start]!) && accessor.matchesLocated(matcher)
  ) === wanted
}

function matchingKeys(keys: Matcher, values: Matcher): Condition {
  const test = keyMatches(keys)
  return (record) => {
    for (let i = 0; i < record.count; i++) {
      if (test(record, i) && !memberMatches(record, i, values)) return false
    }
    return true
  }
}

function memberMatches(record: Record, index: number, matcher: Matcher): boolean {
  if (record.kind[index] === CONSTANT) return false
  if (!isMatchable(record.kind[index] === RAW_TEXT, record.firstByte(index))) return false
  if (record.locateString(index)) {
    return matcher.matches(record.bytes[record.stringSource], record.stringStart, record.stringEnd)
  }
  const bytes = record.bytes[record.valueSource[index] as Source]
  return matcher.matches(bytes, record.valueStart[index]!, record.valueEnd[index]!)
}

/** A string, `true` or `false`. */
function isMatchable(raw: boolean, first: number): boolean {
  return raw || first === 0x22 || first === 0x74 || first === 0x66
}
