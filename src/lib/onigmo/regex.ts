/**
 * Patterns of Fluent Bit's configuration (Onigmo, Ruby syntax) as regular expressions of JavaScript.
 *
 * No text can stop the agent. A matcher of our own decides nearly everything within a bound of steps; what it leaves
 * undecided goes to RegExp, which V8 runs with its linear engine once it has backtracked 50,000 times (see
 * `boundBacktracking`). That engine does not do lookaround and back-references: such a pattern runs bare on texts so short
 * that the worst case is bounded, and else under a deadline of 100 ms, which costs 0.2 ms for every text. A text that runs
 * into the deadline counts as not matching.
 *
 * One difference is left: a group inside a repeat that took no part in the last round counts as having taken none, where
 * Onigmo keeps what an earlier round gave it.
 */
import { setFlagsFromString } from 'node:v8'
import { execWithin } from './deadline.ts'
import { ANY_TEXT, LINES, ONE_LINE, emit, type Alphabet, type Emitted, type TextKind } from './emit.ts'
import { FAILED, MATCHED, textMatcher, type Matcher } from './matcher.ts'
import { parsePattern, type Options } from './parse.ts'
import { ASCII, BMP, UNICODE } from './sets.ts'
import type { GroupName, Node, Pattern } from './syntax.ts'

let bounded = false

/**
 * What RegExp compiles from now on is bounded. Called when the first one is about to run, no earlier: with this flag V8
 * refuses the compiled code that Node brings along for its own modules, which costs a start 20 ms and more.
 */
function boundBacktracking(): void {
  if (!bounded) setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks')
  bounded = true
}

/** Steps that a pattern without the linear engine may take in the worst case without a deadline. */
const MOST_WORK = 1_000_000

interface Variant extends Emitted {
  readonly regex: RegExp
  readonly indexed: RegExp
}

/** How often texts ran into the deadline, over all patterns. */
export const timeouts = { count: 0 }

/**
 * Compiles a pattern as it stands in a configuration: bare, between slashes, or `/…/imx`. Throws RegexError with the
 * position for a pattern that is wrong or that cannot be translated exactly.
 */
export function compileRegex(pattern: string): CompiledRegex {
  return new CompiledRegex(pattern)
}

export class CompiledRegex {
  /** As it was written. */
  readonly source: string
  readonly pattern: Pattern
  /** Longest text on which a pattern without the linear engine runs bare. */
  readonly #bareLength: number
  readonly #variants: (Variant | undefined)[] = []
  #matcher: Matcher<string> | null | undefined = null
  readonly #groups: Int32Array

  constructor(source: string) {
    this.source = source
    const { text, options } = undelimited(source)
    this.pattern = parsePattern(text, options)
    this.#groups = new Int32Array(this.pattern.groups * 2 + 2)
    const repeats = countRepeats(this.pattern.root, 0)
    this.#bareLength = repeats === Infinity ? 20 : Math.floor(MOST_WORK ** (1 / (repeats + 1)))
    // Throws where RegExp does not take it; `y`, since V8 keeps what it compiles by source and flags, and this has no bound.
    new RegExp(emit(this.pattern, ASCII, ONE_LINE).source, 'y')
  }

  /** Names in the order in which they first appear, with the numbers of their groups. */
  get names(): readonly GroupName[] {
    return this.pattern.names
  }

  test(text: string): boolean {
    if (this.#matcher === null) this.#matcher = textMatcher(this.pattern)
    if (this.#matcher) {
      const outcome = this.#matcher(text, 0, text.length, this.#groups)
      if (outcome === MATCHED) return true
      if (outcome === FAILED) return false
    }
    return this.#run(text, false) !== null
  }

  /** The match with its groups by number, and by name in `groups`; null when there is none. */
  exec(text: string): RegExpExecArray | null {
    if (this.#matcher === null) this.#matcher = textMatcher(this.pattern)
    if (this.#matcher && this.#matcher(text, 0, text.length, this.#groups) === FAILED) return null
    return this.#named(this.#run(text, false))
  }

  /** The same with `indices`. */
  execIndexed(text: string): RegExpExecArray | null {
    return this.#named(this.#run(text, true))
  }

  #named(match: RegExpExecArray | null): RegExpExecArray | null {
    if (match === null || this.names.length === 0) return match
    const groups: { [name: string]: string } = {}
    for (const { name, groups: numbers } of this.names) {
      for (const number of numbers) if (match[number] !== undefined) groups[name] = match[number]
    }
    match.groups = groups
    return match
  }

  #run(text: string, indexed: boolean): RegExpExecArray | null {
    const variant = this.#variant(alphabetOf(text), kindOf(text))
    const regex = indexed ? variant.indexed : variant.regex
    if (text.length <= this.#bareLength) return regex.exec(text)
    if (variant.linear) {
      // the linear engine does not tell indices: it only says when there is nothing to tell of
      const match = variant.regex.exec(text)
      if (match === null || !indexed) return match
    }
    const match = execWithin(regex, text)
    if (match !== undefined) return match
    timeouts.count++
    return null
  }

  #variant(alphabet: Alphabet, kind: TextKind): Variant {
    const at = (alphabet === ASCII ? 0 : alphabet === BMP ? 3 : 6) + kind
    return (this.#variants[at] ??= variantOf(emit(this.pattern, alphabet, kind)))
  }
}

function variantOf(emitted: Emitted): Variant {
  boundBacktracking()
  return { ...emitted, regex: new RegExp(emitted.source), indexed: new RegExp(emitted.source, 'd') }
}

/** The narrowest alphabet that holds the text. */
function alphabetOf(text: string): Alphabet {
  let alphabet: Alphabet = ASCII
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80) continue
    if (code >= 0xd800 && code <= 0xdfff) return UNICODE
    alphabet = BMP
  }
  return alphabet
}

function kindOf(text: string): TextKind {
  if (!text.includes('\n')) return ONE_LINE
  return /[\r\u2028\u2029]/.test(text) ? ANY_TEXT : LINES
}

/**
 * Takes the slashes off. Fluent Bit's rules: options count only behind the last slash of a pattern that begins with one,
 * and only when all of them are known and one of them is i, m or x; `/…/` without options loses its slashes too; anything
 * else stands as it is.
 */
function undelimited(source: string): { text: string; options: Options } {
  const plain: Options = { fold: false, dotAll: false, extended: false }
  if (!source.startsWith('/')) return { text: source, options: plain }
  const last = source.lastIndexOf('/')
  const letters = source.slice(last + 1)
  if (last > 0 && /^[imxo]*[imx][imxo]*$/.test(letters)) {
    return {
      text: source.slice(1, last),
      options: { fold: letters.includes('i'), dotAll: letters.includes('m'), extended: letters.includes('x') }
    }
  }
  return { text: source.length > 1 && letters === '' ? source.slice(1, -1) : source, options: plain }
}

/** How many repeats a backtracking engine may have to combine; Infinity when they are nested. */
function countRepeats(node: Node, outer: number): number {
  switch (node.type) {
    case 'repeat': {
      const open = node.max - node.min > 1 ? 1 : 0
      const inner = countRepeats(node.body, outer + open)
      return node.max > 1 && inner > 0 ? Infinity : inner + open
    }
    case 'seq': return node.items.reduce((sum, item) => sum + countRepeats(item, outer), 0)
    case 'alt': return node.options.reduce((sum, option) => sum + countRepeats(option, outer), outer > 0 ? 1 : 0)
    case 'group':
    case 'atomic':
    case 'look': return countRepeats(node.body, outer)
    default: return 0
  }
}
