/**
 * Writes a parsed pattern as the source of a JavaScript RegExp without flags. Without the flags i, u and v, and without
 * lookaround and back-references, V8 can fall back to its linear engine when a pattern backtracks too much; so cases are
 * written out in classes, and a pattern has a source of its own for each alphabet (characters beyond U+FFFF are two code
 * units) and for each kind of text (what `^` and `$` mean depends on newlines).
 */
import { ASCII, BMP, UNICODE, complement, resolve } from './sets.ts'
import { leastWidth, type Node, type Pattern, type Place } from './syntax.ts'

/** A text without newlines; with some but no other line terminators of JavaScript; any text. */
export const ONE_LINE = 0
export const LINES = 1
export const ANY_TEXT = 2
export type TextKind = 0 | 1 | 2

export type Alphabet = typeof ASCII | typeof BMP | typeof UNICODE

export interface Emitted {
  readonly source: string
  /** V8 can fall back to its linear engine: it cannot run for ever. */
  readonly linear: boolean
}

export function emit(pattern: Pattern, alphabet: Alphabet, kind: TextKind): Emitted {
  const emitter = new Emitter(alphabet, kind)
  const source = emitter.node(pattern.root, 0)
  return { source: source === '' ? '(?:)' : source, linear: emitter.linear }
}

const ANYTHING = '[^]'

class Emitter {
  linear = true
  readonly #alphabet: Alphabet
  readonly #kind: TextKind
  #atomics = 0

  constructor(alphabet: Alphabet, kind: TextKind) {
    this.#alphabet = alphabet
    this.#kind = kind
  }

  /** `behind`: fewest characters that follow in the same sequence. */
  node(node: Node, behind: number): string {
    switch (node.type) {
      case 'empty': return ''
      case 'set': return this.#set(resolve(node.set, node.fold, this.#alphabet))
      case 'seq': return this.#sequence(node.items, behind)
      case 'alt': return `(?:${node.options.map((option) => this.node(option, behind)).join('|')})`
      case 'group': return `(${this.node(node.body, behind)})`
      case 'repeat': return this.#repeat(node)
      case 'at': return this.#place(node.place, behind)
      case 'look':
        this.linear = false
        return `(?${node.behind ? '<' : ''}${node.negative ? '!' : '='}${this.node(node.body, 0)})`
      case 'atomic': {
        // What a lookahead has taken is never given back.
        this.linear = false
        const name = `a${this.#atomics++}`
        return `(?=(?<${name}>${this.node(node.body, 0)}))\\k<${name}>`
      }
      case 'back': {
        this.linear = false
        // Of groups with the same name the last that took part counts; the others match nothing here.
        const references = node.groups.toReversed().map((group) => `\\${group}(?!\\d)`)
        const choice = node.groups.length === 1 ? references[0]! : `(?:${references.join('|')})`
        return node.fold ? `(?i:${choice})` : choice
      }
    }
  }

  #sequence(items: readonly Node[], behind: number): string {
    let source = ''
    for (let i = items.length - 1; i >= 0; i--) {
      source = this.node(items[i]!, behind) + source
      behind += leastWidth(items[i]!)
    }
    return source
  }

  #repeat({ body, min, max, lazy }: Extract<Node, { type: 'repeat' }>): string {
    const inner = this.node(body, 0)
    // JavaScript does not let an optional group take part with nothing; an alternative may.
    if (min === 0 && max === 1 && leastWidth(body) === 0) return lazy ? `(?:|${inner})` : `(?:${inner}|)`
    const whole = body.type === 'set' && isOneAtom(inner) ? inner : `(?:${inner})`
    const times = max === Infinity
      ? min === 0 ? '*' : min === 1 ? '+' : `{${min},}`
      : min === 0 && max === 1 ? '?' : min === max ? `{${min}}` : `{${min},${max}}`
    return whole + times + (lazy ? '?' : '')
  }

  #place(place: Place, behind: number): string {
    const one = this.#kind === ONE_LINE
    switch (place) {
      case 'start': return '^'
      case 'end': return '$'
      case 'line-start':
        if (one) return '^'
        // Behind a final newline no line begins.
        if (this.#kind === LINES && behind > 0) return '(?m:^)'
        this.linear = false
        return `(?:^|(?<=\\n)(?=${ANYTHING}))`
      case 'line-end':
        if (one) return '$'
        if (this.#kind === LINES) return '(?m:$)'
        this.linear = false
        return '(?=\\n|$)'
      case 'end-or-newline':
        if (one) return '$'
        this.linear = false
        return '(?=\\n?$)'
      case 'word':
      case 'not-word': {
        if (this.#alphabet === ASCII) return place === 'word' ? '\\b' : '\\B'
        this.linear = false
        const word = this.#set(resolve({ type: 'class', name: 'word' }, false, this.#alphabet))
        return place === 'word'
          ? `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`
          : `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`
      }
    }
  }

  #set(ranges: readonly number[]): string {
    if (this.#alphabet !== UNICODE) return bracket(ranges, this.#alphabet)
    const low: number[] = []
    const pairs: string[] = []
    for (let i = 0; i < ranges.length; i += 2) {
      const first = ranges[i]!
      const last = ranges[i + 1]!
      // A lone half of a pair is no character.
      addWithin(low, first, last, 0, 0xd7ff)
      addWithin(low, first, last, 0xe000, BMP)
      if (last > BMP) pairs.push(...surrogates(Math.max(first, BMP + 1), last))
    }
    const single = low.length === 0 ? [] : [bracket(low, -1)]
    const choices = [...single, ...pairs]
    return choices.length === 1 ? choices[0]! : choices.length === 0 ? '[]' : `(?:${choices.join('|')})`
  }
}

/** Whether a quantifier can follow as it is: a class, an escape or one character. */
function isOneAtom(source: string): boolean {
  return /^(\[(\\[^]|[^\]\\])*\]|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\?[^\\])$/.test(source)
}

function addWithin(to: number[], first: number, last: number, least: number, most: number): void {
  if (first <= most && last >= least) to.push(Math.max(first, least), Math.min(last, most))
}

/** Ranges beyond U+FFFF as alternatives of two code units. */
function surrogates(first: number, last: number): string[] {
  const lead = (code: number): number => 0xd800 + ((code - 0x10000) >> 10)
  const trail = (code: number): number => 0xdc00 + ((code - 0x10000) & 0x3ff)
  const pair = (from: number, to: number, low: number, high: number): string =>
    bracket([from, to], -1) + bracket([low, high], -1)
  const a = lead(first)
  const b = lead(last)
  if (a === b) return [pair(a, a, trail(first), trail(last))]
  const parts: string[] = []
  let from = a
  if (trail(first) !== 0xdc00) {
    parts.push(pair(a, a, trail(first), 0xdfff))
    from++
  }
  const to = trail(last) === 0xdfff ? b : b - 1
  if (from <= to) parts.push(pair(from, to, 0xdc00, 0xdfff))
  if (to !== b) parts.push(pair(b, b, 0xdc00, trail(last)))
  return parts
}

/** A class of code units; negated if that is shorter and `last` says where the alphabet ends. */
function bracket(ranges: readonly number[], last: number): string {
  if (ranges.length === 0) return '[]'
  if (ranges.length === 2 && ranges[0] === ranges[1]) return escaped(ranges[0]!)
  if (last > 0 && ranges[0] === 0 && ranges[ranges.length - 1] === last) {
    const rest = complement(ranges, last)
    return rest.length === 0 ? ANYTHING : `[^${members(rest)}]`
  }
  return `[${members(ranges)}]`
}

function members(ranges: readonly number[]): string {
  let source = ''
  for (let i = 0; i < ranges.length; i += 2) {
    source += escaped(ranges[i]!)
    if (ranges[i + 1]! > ranges[i]!) source += `-${escaped(ranges[i + 1]!)}`
  }
  return source
}

function escaped(code: number): string {
  if ((code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)) return String.fromCharCode(code)
  if (code > 0x20 && code < 0x7f) return `\\${String.fromCharCode(code)}`
  if (code === 0x20 || code === 0x5f) return String.fromCharCode(code)
  return `\\u${code.toString(16).padStart(4, '0')}`
}
