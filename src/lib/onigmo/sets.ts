/**
 * Sets of characters as ascending pairs of code points, and what the named ones hold. Onigmo's Ruby syntax over UTF-8:
 * `\w \d \s \h` are ASCII, POSIX brackets and `\p{…}` are Unicode.
 */
import type { SetNode } from './syntax.ts'

/** The last code point of an alphabet: sets are resolved for the narrowest that holds the text. */
export const ASCII = 0x7f
export const BMP = 0xffff
export const UNICODE = 0x10ffff

export const DIGITS: readonly number[] = [0x30, 0x39]
export const WORD: readonly number[] = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a]
export const SPACES: readonly number[] = [0x09, 0x0d, 0x20, 0x20]
export const HEX: readonly number[] = [0x30, 0x39, 0x41, 0x46, 0x61, 0x66]

/** POSIX names as alternatives of a JavaScript character class with flag v. */
const POSIX: { readonly [name: string]: string } = {
  alnum: '\\p{Alphabetic}\\p{M}\\p{Nd}',
  alpha: '\\p{Alphabetic}',
  ascii: '\\x00-\\x7f',
  blank: '\\p{Zs}\\t',
  cntrl: '\\p{Cc}',
  digit: '\\p{Nd}',
  graph: '[\\p{Any}--[\\p{White_Space}\\p{Cc}\\p{Cn}\\p{Cs}]]',
  lower: '\\p{Lowercase}',
  print: '[\\p{Any}--[\\p{Cc}\\p{Cn}\\p{Cs}]][\\p{Zs}]',
  punct: '\\p{P}\\$\\+\\<\\=\\>\\^\\`\\|\\~',
  space: '\\p{White_Space}',
  upper: '\\p{Uppercase}',
  xdigit: '0-9A-Fa-f',
  word: '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}'
}

/** The canonical name of a POSIX class or Unicode property; undefined when there is none. Case, blanks, - and _ are ignored. */
export function className(name: string): string | undefined {
  const plain = name.toLowerCase().replace(/[\s_-]/g, '')
  if (plain in POSIX) return plain
  if (plain === 'any') return 'Any'
  const titled = name.trim().replace(/[\s-]/g, '_').toLowerCase().replace(/(^|_)[a-z]/g, (letter) => letter.toUpperCase())
  for (const candidate of [name, titled, `Script=${titled}`]) {
    try {
      new RegExp(`\\p{${candidate}}`, 'v')
      return candidate
    } catch {
      // Not a property under this spelling.
    }
  }
  return undefined
}

const known = new Map<string, readonly number[]>()

function classRanges(name: string, last: number): readonly number[] {
  const id = `${last} ${name}`
  const found = known.get(id)
  if (found) return found
  const test = new RegExp(`[${POSIX[name] ?? `\\p{${name}}`}]`, 'v')
  const ranges: number[] = []
  for (let code = 0; code <= last; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue
    if (!test.test(String.fromCodePoint(code))) continue
    if (ranges[ranges.length - 1] === code - 1) ranges[ranges.length - 1] = code
    else ranges.push(code, code)
  }
  known.set(id, ranges)
  return ranges
}

/** The characters of a set up to code point `last`. */
export function resolve(set: SetNode, fold: boolean, last: number): number[] {
  const ranges = plain(set, fold, last)
  return fold ? plainUnion([ranges, folded(ranges, last)]) : ranges
}

function plain(set: SetNode, fold: boolean, last: number): number[] {
  switch (set.type) {
    case 'ranges': return clip(set.ranges, last)
    case 'class': return clip(classRanges(set.name, last), last)
    case 'not': return complement(resolve(set.of, fold, last), last)
    case 'or': return plainUnion(set.of.map((part) => resolve(part, fold, last)))
    case 'and': return complement(plainUnion(set.of.map((part) => complement(resolve(part, fold, last), last))), last)
  }
}

function clip(ranges: readonly number[], last: number): number[] {
  const clipped: number[] = []
  for (let i = 0; i < ranges.length; i += 2) {
    if (ranges[i]! > last) break
    clipped.push(ranges[i]!, Math.min(ranges[i + 1]!, last))
  }
  return clipped
}

export function complement(ranges: readonly number[], last: number): number[] {
  const rest: number[] = []
  let from = 0
  for (let i = 0; i < ranges.length; i += 2) {
    if (ranges[i]! > from) rest.push(from, ranges[i]! - 1)
    from = ranges[i + 1]! + 1
  }
  if (from <= last) rest.push(from, last)
  return rest
}

function plainUnion(sets: readonly (readonly number[])[]): number[] {
  const pairs: [number, number][] = []
  for (const set of sets) for (let i = 0; i < set.length; i += 2) pairs.push([set[i]!, set[i + 1]!])
  pairs.sort((a, b) => a[0] - b[0])
  const union: number[] = []
  for (const [first, last] of pairs) {
    if (union.length > 0 && first <= union[union.length - 1]! + 1) {
      union[union.length - 1] = Math.max(union[union.length - 1]!, last)
    } else union.push(first, last)
  }
  return union
}

/** Letters whose upper or lower case is another letter's too: long s, the signs of kelvin and ångström. */
const ALIASES: ReadonlyMap<number, number> = new Map([
  [0x53, 0x17f], [0x73, 0x17f], [0x4b, 0x212a], [0x6b, 0x212a], [0xc5, 0x212b], [0xe5, 0x212b]
])

/** The other cases of the letters in `ranges`: those that are one character. */
function folded(ranges: readonly number[], last: number): number[] {
  const others: number[][] = []
  for (let i = 0; i < ranges.length; i += 2) {
    // Sets that span most of the alphabet hold both cases of everything already.
    const end = ranges[i + 1]! - ranges[i]! > 0x3000 ? ranges[i]! : ranges[i + 1]!
    for (let code = ranges[i]!; code <= end; code++) {
      if (code >= 0x80 && last === ASCII) break
      const letter = String.fromCodePoint(code)
      const alias = ALIASES.get(code)
      if (alias !== undefined && alias <= last) others.push([alias, alias])
      for (const other of [letter.toLowerCase(), letter.toUpperCase()]) {
        const otherCode = other.codePointAt(0)!
        if (otherCode !== code && otherCode <= last && String.fromCodePoint(otherCode) === other) others.push([otherCode, otherCode])
      }
    }
  }
  return plainUnion(others)
}

/** Whether two sets have a character in common. */
export function overlap(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i + 1]! < b[j]!) i += 2
    else if (b[j + 1]! < a[i]!) j += 2
    else return true
  }
  return false
}
