/**
 * Regular expressions over ranges of bytes. A pattern that only spells out text (`debug`, `^debug$`, `^(warn|error)$`)
 * is compared as bytes; any other makes one short string of the range.
 */
import { compileRegex, type CompiledRegex } from '../lib/onigmo/regex.ts'

export interface Matcher {
  /** Whether the UTF-8 text at `[start, end)` of `bytes` matches somewhere. */
  matches(bytes: Buffer, start: number, end: number): boolean
  matchesText(text: string): boolean
}

const NEWLINE = 0x0a

/** Throws the regex compiler's error. */
export function compileMatcher(pattern: string): Matcher {
  const regex = compileRegex(pattern)
  const plain = plainText(pattern)
  return plain === undefined ? new RegexMatcher(regex) : new PlainMatcher(regex, plain)
}

interface PlainText {
  readonly words: readonly Buffer[]
  readonly fromStart: boolean
  readonly toEnd: boolean
}

const WORD = String.raw`(?:[^\\^$.|?*+()[\]{}\n]|\\[-.$^|?*+()[\]{}/])`
const PLAIN = new RegExp(String.raw`^(\^?)(?:(${WORD}+)|\((?:\?:)?(${WORD}+(?:\|${WORD}+)*)\))(\$?)$`)

function plainText(pattern: string): PlainText | undefined {
  // a slash at the start may be a delimiter
  const found = pattern.startsWith('/') ? null : PLAIN.exec(pattern)
  if (found === null) return undefined
  const words: string[] = []
  if (found[2] !== undefined) words.push(found[2])
  else words.push(...found[3]!.split(/(?<!\\)\|/))
  return {
    words: words.map((word) => Buffer.from(word.replace(/\\(.)/g, '$1'))),
    fromStart: found[1] !== '',
    toEnd: found[4] !== ''
  }
}

class PlainMatcher implements Matcher {
  readonly #regex: CompiledRegex
  readonly #words: readonly Buffer[]
  readonly #fromStart: boolean
  readonly #toEnd: boolean

  constructor(regex: CompiledRegex, plain: PlainText) {
    this.#regex = regex
    this.#words = plain.words
    this.#fromStart = plain.fromStart
    this.#toEnd = plain.toEnd
  }

  matches(bytes: Buffer, start: number, end: number): boolean {
    const words = this.#words
    for (let i = 0; i < words.length; i++) if (this.#has(words[i]!, bytes, start, end)) return true
    // `^` and `$` hold at every line of the text
    if ((this.#fromStart || this.#toEnd) && has(NEWLINE, bytes, start, end)) {
      return this.#regex.test(bytes.toString('utf8', start, end))
    }
    return false
  }

  #has(word: Buffer, bytes: Buffer, start: number, end: number): boolean {
    const last = end - word.length
    if (last < start) return false
    if (this.#fromStart) return (!this.#toEnd || last === start) && sameAt(word, bytes, start)
    if (this.#toEnd) return sameAt(word, bytes, last)
    const first = word[0]!
    for (let at = start; at <= last; at++) if (bytes[at] === first && sameAt(word, bytes, at)) return true
    return false
  }

  matchesText(text: string): boolean {
    return this.#regex.test(text)
  }
}

/** Matches exactly one of these texts. */
export class ExactMatcher implements Matcher {
  readonly #texts: readonly string[]
  readonly #bytes: readonly Buffer[]

  constructor(texts: readonly string[]) {
    this.#texts = texts
    this.#bytes = texts.map((text) => Buffer.from(text))
  }

  matches(bytes: Buffer, start: number, end: number): boolean {
    for (let i = 0; i < this.#bytes.length; i++) {
      const wanted = this.#bytes[i]!
      if (wanted.length === end - start && sameAt(wanted, bytes, start)) return true
    }
    return false
  }

  matchesText(text: string): boolean {
    return this.#texts.includes(text)
  }
}

class RegexMatcher implements Matcher {
  readonly #regex: CompiledRegex

  constructor(regex: CompiledRegex) {
    this.#regex = regex
  }

  matches(bytes: Buffer, start: number, end: number): boolean {
    return this.#regex.test(bytes.toString('utf8', start, end))
  }

  matchesText(text: string): boolean {
    return this.#regex.test(text)
  }
}

function sameAt(word: Buffer, bytes: Buffer, at: number): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false
  return true
}

function has(byte: number, bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === byte) return true
  return false
}
