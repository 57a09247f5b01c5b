/**
 * Reads a pattern in the syntax of Onigmo's Ruby mode, the one that Fluent Bit compiles its patterns with. What has no
 * exact counterpart in JavaScript is refused with its position.
 */
import { parseClass } from './parse-class.ts'
import { EscapeReader } from './parse-escape.ts'
import { EMPTY, RegexError, type GroupName, type Node, type Pattern } from './syntax.ts'

/** Options in force: i, m (dot takes newlines) and x. */
export interface Options {
  readonly fold: boolean
  readonly dotAll: boolean
  readonly extended: boolean
}

/** Names and group references are known only when all is read. */
interface Reference {
  readonly node: { type: 'back'; groups: number[]; fold: boolean }
  readonly name: string
  readonly seen: number
  readonly position: number
}

const NOT_NEWLINE: Node = { type: 'set', set: { type: 'not', of: { type: 'ranges', ranges: [10, 10] } }, fold: false }
const ANYTHING: Node = { type: 'set', set: { type: 'class', name: 'Any' }, fold: false }
const MAX_REPEAT = 100_000

export function parsePattern(text: string, options: Options): Pattern {
  return new PatternReader(text).read(options)
}

class PatternReader extends EscapeReader {
  readonly #references: Reference[] = []
  readonly #names = new Map<string, number[]>()
  /** Unnamed groups do not capture when there are named ones. */
  readonly #named: boolean
  #groups = 0

  constructor(text: string) {
    super(text)
    this.#named = hasNamedGroup(text)
  }

  read(options: Options): Pattern {
    const root = this.#alternatives(options)
    if (!this.done) throw this.problem('unmatched close parenthesis')
    for (const reference of this.#references) this.#bind(reference)
    const names: GroupName[] = [...this.#names].map(([name, groups]) => ({ name, groups }))
    return { root, groups: this.#groups, names }
  }

  #bind({ node, name, seen, position }: Reference): void {
    if (/^[+-]?\d+$/.test(name)) {
      if (this.#named) throw new RegexError('a numbered back-reference beside named groups', position)
      const number = Number(name)
      const group = name.startsWith('-') ? seen + 1 + number : name.startsWith('+') ? seen + number : number
      if (group < 1 || group > this.#groups) throw new RegexError('a back-reference to a group that does not exist', position)
      node.groups.push(group)
    } else {
      const groups = this.#names.get(name)
      if (!groups) throw new RegexError(`a back-reference to the unknown group ${name}`, position)
      node.groups.push(...groups)
    }
  }

  #alternatives(options: Options): Node {
    const alternatives: Node[] = [this.#sequence(options)]
    while (this.take('|')) alternatives.push(this.#sequence(options))
    return alternatives.length === 1 ? alternatives[0]! : { type: 'alt', options: alternatives }
  }

  #sequence(options: Options): Node {
    const items: Node[] = []
    while (!this.done && this.peek() !== '|' && this.peek() !== ')') {
      if (options.extended && this.#skipExtended()) continue
      if (this.take('(?#')) {
        this.until(')')
        continue
      }
      const isolated = this.#isolatedOptions(options)
      if (isolated) {
        // They reach to the end of the enclosing group, alternatives included.
        items.push(this.#alternatives(isolated))
        break
      }
      items.push(this.#repeated(this.#atom(options), options))
    }
    return items.length === 0 ? EMPTY : items.length === 1 ? items[0]! : { type: 'seq', items }
  }

  #skipExtended(): boolean {
    if (/\s/.test(this.peek())) {
      this.next()
      return true
    }
    if (this.peek() !== '#') return false
    while (!this.done && this.peek() !== '\n') this.next()
    return true
  }

  /** `(?i)`, `(?m-x)` … without a colon. */
  #isolatedOptions(options: Options): Options | undefined {
    const spelled = /^\(\?([a-z]*)(?:-([a-z]*))?\)/.exec(this.rest())
    if (!spelled) return undefined
    const changed = this.#withOptions(options, spelled[1]!, spelled[2] ?? '')
    this.skip(spelled[0].length)
    return changed
  }

  #withOptions(options: Options, on: string, off: string): Options {
    for (const letter of on + off) if (!'imx'.includes(letter)) throw this.problem(`the option ${letter} is not supported`)
    const pick = (letter: string, before: boolean): boolean =>
      off.includes(letter) ? false : on.includes(letter) || before
    return {
      fold: pick('i', options.fold),
      dotAll: pick('m', options.dotAll),
      extended: pick('x', options.extended)
    }
  }

  #repeated(atom: Node, options: Options): Node {
    let node = atom
    while (!this.done) {
      if (options.extended && this.#skipExtended()) continue
      const interval = /^\{(\d*)(,?)(\d*)\}/.exec(this.rest())
      if (interval && (interval[1] !== '' || (interval[2] !== '' && interval[3] !== ''))) {
        node = this.#interval(node, interval)
        continue
      }
      const sign = this.peek()
      if (sign !== '*' && sign !== '+' && sign !== '?') break
      this.next()
      const min = sign === '+' ? 1 : 0
      const max = sign === '?' ? 1 : Infinity
      if (this.take('?')) node = { type: 'repeat', body: node, min, max, lazy: true }
      else {
        node = { type: 'repeat', body: node, min, max, lazy: false }
        if (this.take('+')) node = { type: 'atomic', body: node }
      }
    }
    return node
  }

  #interval(body: Node, spelled: RegExpExecArray): Node {
    const min = spelled[1] === '' ? 0 : Number(spelled[1])
    const max = spelled[2] === '' ? min : spelled[3] === '' ? Infinity : Number(spelled[3])
    if (min > MAX_REPEAT || (max > MAX_REPEAT && max !== Infinity)) throw this.problem('too big a number of repeats')
    if (max < min) throw this.problem('the upper bound of a repeat is below the lower one')
    this.skip(spelled[0].length)
    if (!this.take('?')) return { type: 'repeat', body, min, max, lazy: false }
    // In Ruby `{n}?` is not lazy: it makes the whole optional.
    if (spelled[2] !== '') return { type: 'repeat', body, min, max, lazy: true }
    return { type: 'repeat', body: { type: 'repeat', body, min, max, lazy: false }, min: 0, max: 1, lazy: false }
  }

  #atom(options: Options): Node {
    const start = this.position
    const letter = this.next()
    switch (letter) {
      case '(': return this.#group(options, start)
      case '[': return { type: 'set', set: parseClass(this), fold: options.fold }
      case '.': return options.dotAll ? ANYTHING : NOT_NEWLINE
      case '^': return { type: 'at', place: 'line-start' }
      case '$': return { type: 'at', place: 'line-end' }
      case '*':
      case '+':
      case '?': throw new RegexError('nothing to repeat', start)
      case '\\': return this.#escape(options, start)
      default: return this.#character(letter.codePointAt(0)!, options)
    }
  }

  #character(code: number, options: Options): Node {
    return { type: 'set', set: { type: 'ranges', ranges: [code, code] }, fold: options.fold }
  }

  #escape(options: Options, start: number): Node {
    if (this.done) throw new RegexError('a backslash at the end', start)
    const letter = this.peek()
    switch (letter) {
      case 'A': return this.#place('start')
      case 'G': return this.#place('start')
      case 'z': return this.#place('end')
      case 'Z': return this.#place('end-or-newline')
      case 'b': return this.#place('word')
      case 'B': return this.#place('not-word')
      case 'R': {
        this.next()
        const pair: Node = { type: 'seq', items: [13, 10].map((code) => this.#character(code, { ...options, fold: false })) }
        const single: Node = { type: 'set', set: { type: 'ranges', ranges: [10, 13, 0x85, 0x85, 0x2028, 0x2029] }, fold: false }
        return { type: 'atomic', body: { type: 'alt', options: [pair, single] } }
      }
      case 'K': throw new RegexError('\\K is not supported', start)
      case 'X': throw new RegexError('\\X is not supported', start)
      case 'g': throw new RegexError('calls of groups (\\g) are not supported', start)
      case 'k': return this.#namedReference(options, start)
    }
    const digits = /^[1-9]\d*/.exec(this.rest())
    if (digits && (Number(digits[0]) <= 9 || Number(digits[0]) <= this.#groups)) {
      this.skip(digits[0].length)
      return this.#reference(digits[0], options, start)
    }
    const found = this.escape(start)
    return typeof found === 'number' ? this.#character(found, options) : { type: 'set', set: found, fold: options.fold }
  }

  #place(place: Extract<Node, { type: 'at' }>['place']): Node {
    this.next()
    return { type: 'at', place }
  }

  #namedReference(options: Options, start: number): Node {
    this.next()
    const spelled = /^(?:<([^>]*)>|'([^']*)')/.exec(this.rest())
    if (!spelled) throw new RegexError('\\k without a name', start)
    this.skip(spelled[0].length)
    const name = spelled[1] ?? spelled[2]!
    if (/[+-]\d+$/.test(name.slice(1))) throw new RegexError('back-references with a level are not supported', start)
    return this.#reference(name, options, start)
  }

  #reference(name: string, options: Options, position: number): Node {
    const node = { type: 'back' as const, groups: [] as number[], fold: options.fold }
    this.#references.push({ node, name, seen: this.#groups, position })
    return node
  }

  #group(options: Options, start: number): Node {
    if (!this.take('?')) {
      if (this.#named) return this.#close(this.#alternatives(options), start)
      return this.#capture(options, start)
    }
    if (this.take(':')) return this.#close(this.#alternatives(options), start)
    if (this.take('>')) return { type: 'atomic', body: this.#close(this.#alternatives(options), start) }
    for (const [sign, behind, negative] of LOOKS) {
      if (this.take(sign)) return { type: 'look', behind, negative, body: this.#close(this.#alternatives(options), start) }
    }
    const name = /^(?:<([^\d>\W][^>]*)>|'([^\d'\W][^']*)')/u.exec(this.rest()) ?? /^(?:<([^\x00-\x7f][^>]*)>)/.exec(this.rest())
    if (name) {
      this.skip(name[0].length)
      return this.#capture(options, start, name[1] ?? name[2]!)
    }
    const scoped = /^([a-z]*)(?:-([a-z]*))?:/.exec(this.rest())
    if (scoped) {
      const changed = this.#withOptions(options, scoped[1]!, scoped[2] ?? '')
      this.skip(scoped[0].length)
      return this.#close(this.#alternatives(changed), start)
    }
    if (this.peek() === '~') throw new RegexError('the absence operator (?~…) is not supported', start)
    if (this.peek() === '(') throw new RegexError('conditions (?(…)…) are not supported', start)
    throw new RegexError('an unknown kind of group', start)
  }

  #capture(options: Options, start: number, name?: string): Node {
    const index = ++this.#groups
    if (name !== undefined) {
      const groups = this.#names.get(name)
      if (groups) groups.push(index)
      else this.#names.set(name, [index])
    }
    return { type: 'group', index, body: this.#close(this.#alternatives(options), start) }
  }

  #close(body: Node, start: number): Node {
    if (!this.take(')')) throw new RegexError('a group that is not closed', start)
    return body
  }
}

const LOOKS: readonly (readonly [sign: string, behind: boolean, negative: boolean])[] = [
  ['=', false, false], ['!', false, true], ['<=', true, false], ['<!', true, true]
]

/** Whether a named group begins anywhere outside of classes and escapes. */
function hasNamedGroup(text: string): boolean {
  let inClass = 0
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]
    if (letter === '\\') i++
    else if (letter === '[') inClass++
    else if (letter === ']' && inClass > 0) inClass--
    else if (inClass === 0 && letter === '(' && /^\(\?(<[^=!]|')/.test(text.slice(i, i + 4))) return true
  }
  return false
}
