/** Character classes in Onigmo's Ruby syntax: ranges, POSIX brackets, nested classes, intersections. */
import { className } from './sets.ts'
import { RegexError, type SetNode } from './syntax.ts'
import type { EscapeReader } from './parse-escape.ts'

/** Reads a class whose opening bracket has just been taken. */
export function parseClass(reader: EscapeReader): SetNode {
  const start = reader.position - 1
  const negative = reader.take('^')
  const intersected: SetNode[] = []
  let parts: SetNode[] = []
  // A bracket in first place is a character, if another one closes the class.
  if (reader.peek() === ']') {
    reader.next()
    if (!reader.rest().includes(']')) throw new RegexError('an empty class', start)
    parts.push(single(0x5d))
  }
  for (;;) {
    if (reader.done) throw new RegexError('a class that is not closed', start)
    if (reader.take(']')) break
    if (reader.take('&&')) {
      intersected.push({ type: 'or', of: parts })
      parts = []
      continue
    }
    const posix = /^\[:(\^?)([a-zA-Z]+):\]/.exec(reader.rest())
    if (posix) {
      parts.push(posixClass(posix, reader))
      continue
    }
    if (reader.take('[')) {
      parts.push(parseClass(reader))
      continue
    }
    parts.push(rangeOrMember(reader))
  }
  const whole: SetNode = parts.length === 1 ? parts[0]! : { type: 'or', of: parts }
  const set: SetNode = intersected.length === 0 ? whole : { type: 'and', of: [...intersected, whole] }
  return negative ? { type: 'not', of: set } : set
}

function posixClass(spelled: RegExpExecArray, reader: EscapeReader): SetNode {
  const lower = spelled[2]!.toLowerCase()
  const name = /^(alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|xdigit|word)$/.test(lower)
    ? className(lower)
    : undefined
  if (name === undefined) throw reader.problem(`the unknown class ${spelled[0]}`)
  reader.skip(spelled[0].length)
  const set: SetNode = { type: 'class', name }
  return spelled[1] === '^' ? { type: 'not', of: set } : set
}

function rangeOrMember(reader: EscapeReader): SetNode {
  const start = reader.position
  const first = member(reader)
  if (reader.peek() !== '-' || typeof first !== 'number') return typeof first === 'number' ? single(first) : first
  const after = reader.text[reader.position + 1]
  if (after === undefined || after === ']' || after === '[' || reader.text.startsWith('-&&', reader.position)) return single(first)
  reader.next()
  const last = member(reader)
  // A range that ends in a set, such as [a-\d], is its parts.
  if (typeof last !== 'number') return { type: 'or', of: [single(first), single(0x2d), last] }
  if (last < first) throw new RegexError('a range whose end is before its start', start)
  return { type: 'ranges', ranges: [first, last] }
}

function member(reader: EscapeReader): number | SetNode {
  const start = reader.position
  const letter = reader.next()
  if (letter !== '\\') return letter.codePointAt(0)!
  // In a class \b is the backspace.
  if (reader.take('b')) return 8
  if (reader.take('R') || reader.take('X')) throw new RegexError('an escape that is no character', start)
  return reader.escape(start)
}

function single(code: number): SetNode {
  return { type: 'ranges', ranges: [code, code] }
}
