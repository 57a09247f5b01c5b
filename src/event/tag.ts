/** Match patterns of filters and outputs, compiled once; asked once per tag, never per record. */
import { compileRegex } from '../lib/onigmo/regex.ts'

export type TagMatcher = (tag: string) => boolean

/**
 * `match`: the whole tag, where each `*` stands for any characters, none included. `matchRegex`: a regular expression
 * that matches from the tag's start and need not reach its end. With both, either suffices; with neither, no tag matches.
 * Throws the regex compiler's error.
 */
export function compileTagMatcher(match: string | undefined, matchRegex?: string): TagMatcher {
  const pattern = match === undefined ? undefined : compilePattern(match)
  if (matchRegex === undefined) return pattern ?? (() => false)
  const regex = compileRegex(matchRegex)
  // the leftmost match is found first, so one that begins elsewhere says that none begins at the start
  const byRegex: TagMatcher = (tag) => regex.exec(tag)?.index === 0
  return pattern === undefined ? byRegex : (tag) => pattern(tag) || byRegex(tag)
}

function compilePattern(pattern: string): TagMatcher {
  const parts = pattern.split('*')
  const first = parts[0]!
  if (parts.length === 1) return (tag) => tag === first
  const last = parts[parts.length - 1]!
  const middle = parts.slice(1, -1).filter((part) => part !== '')
  return (tag) => {
    if (tag.length < first.length + last.length || !tag.startsWith(first) || !tag.endsWith(last)) return false
    let at = first.length
    for (const part of middle) {
      const found = tag.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    return at <= tag.length - last.length
  }
}

/** The n-th part of a tag between its dots, from 0; undefined when it has fewer. */
export function tagPart(tag: string, n: number): string | undefined {
  return tag.split('.', n + 1)[n]
}
