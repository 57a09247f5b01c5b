/** The cursor over a pattern, and the escapes that stand for characters, inside and outside of classes. */
import { DIGITS, HEX, SPACES, WORD, className } from './sets.ts'
import { RegexError, type SetNode } from './syntax.ts'

const CONTROLS: { readonly [letter: string]: number } = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7, e: 27 }
const SHORT: { readonly [letter: string]: readonly number[] } = { d: DIGITS, w: WORD, s: SPACES, h: HEX }

export class EscapeReader {
  readonly text: string
  position = 0

  constructor(text: string) {
    this.text = text
  }

  get done(): boolean {
    return this.position >= this.text.length
  }

  peek(): string {
    return this.text[this.position] ?? ''
  }

  rest(): string {
    return this.text.slice(this.position)
  }

  skip(length: number): void {
    this.position += length
  }

  /** The next character, whole if it is a surrogate pair. */
  next(): string {
    const letter = String.fromCodePoint(this.text.codePointAt(this.position)!)
    this.position += letter.length
    return letter
  }

  take(text: string): boolean {
    if (!this.text.startsWith(text, this.position)) return false
    this.position += text.length
    return true
  }

  until(end: string): void {
    const at = this.text.indexOf(end, this.position)
    if (at < 0) throw this.problem('a comment that is not closed')
    this.position = at + end.length
  }

  problem(reason: string): RegexError {
    return new RegexError(reason, this.position)
  }

  /** What stands behind a backslash at `start`: a code point or a set. */
  escape(start: number): number | SetNode {
    if (this.done) throw new RegexError('a backslash at the end', start)
    const letter = this.next()
    const short = SHORT[letter.toLowerCase()]
    if (short) {
      const set: SetNode = { type: 'ranges', ranges: short }
      return letter === letter.toLowerCase() ? set : { type: 'not', of: set }
    }
    if (letter in CONTROLS) return CONTROLS[letter]!
    switch (letter) {
      case 'p':
      case 'P': return this.#property(letter === 'P', start)
      case 'x': return this.#hexadecimal(start)
      case 'u': return this.#digits(/^[0-9a-fA-F]{4}/, 16, '\\u needs four hexadecimal digits', start)
      case 'c': return this.#control(start)
      case 'C':
        if (!this.take('-')) throw new RegexError('\\C without a dash', start)
        return this.#control(start)
      case 'M': throw new RegexError('\\M is not supported', start)
    }
    if (letter >= '0' && letter <= '7') {
      this.position--
      return this.#digits(/^[0-7]{1,3}/, 8, 'a wrong octal number', start)
    }
    return letter.codePointAt(0)!
  }

  #property(negative: boolean, start: number): SetNode {
    const spelled = /^\{(\^?)([^}]*)\}/.exec(this.rest())
    if (!spelled) throw new RegexError('\\p without a name in braces', start)
    const name = className(spelled[2]!)
    if (name === undefined) throw new RegexError(`the unknown property ${spelled[2]!}`, start)
    this.skip(spelled[0].length)
    const set: SetNode = { type: 'class', name }
    return negative !== (spelled[1] === '^') ? { type: 'not', of: set } : set
  }

  #hexadecimal(start: number): number {
    const braced = /^\{([0-9a-fA-F]{1,8})\}/.exec(this.rest())
    if (braced) {
      this.skip(braced[0].length)
      const code = parseInt(braced[1]!, 16)
      if (code > 0x10ffff) throw new RegexError('a code point that is too big', start)
      return code
    }
    const code = this.#digits(/^[0-9a-fA-F]{0,2}/, 16, '', start)
    if (code >= 0x80) throw new RegexError('a byte of a character (\\x80 and above); write \\x{…} or \\u…', start)
    return code
  }

  #digits(form: RegExp, base: number, problem: string, start: number): number {
    const digits = form.exec(this.rest())
    if (!digits) throw new RegexError(problem, start)
    this.skip(digits[0].length)
    return digits[0] === '' ? 0 : parseInt(digits[0], base)
  }

  #control(start: number): number {
    if (this.done) throw new RegexError('a control character without a letter', start)
    const letter = this.next()
    return letter === '?' ? 0x7f : letter.codePointAt(0)! & 0x1f
  }
}
