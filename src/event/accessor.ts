/**
 * Record accessors, compiled once: `$key`, `$key['a']['b'][0]`, and templates of these with `$TAG`, `$TAG[n]`, captures
 * `$0` … `$9` and literal text.
 *
 * A top-level key is found by comparing ranges. A nested value is found by walking the JSON text of its member, no value
 * is built; within a shared constant it is found once per constant.
 */
import { skipValue } from './json-scan.ts'
import type { Constant } from './constant.ts'
import type { Matcher } from './matcher.ts'
import type { Key, Pool } from './pool.ts'
import { CONSTANT, RAW_TEXT, type Record, type Source } from './record.ts'
import { tagPart } from './tag.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_OBJECT = 0x7b
const OPEN_ARRAY = 0x5b
const COMMA = 0x2c
const NONE = Buffer.alloc(0)

/** An accessor or template that cannot be read; `at` is the offset of what is wrong. */
export class AccessorError extends Error {
  readonly at: number

  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

/**
 * One value of a record. `locate` finds it; until the record changes, `bytes`, `start` and `end` then say where it lies
 * and `raw` whether that is text to be escaped rather than JSON text.
 */
export class Accessor {
  /** The accessor as written, for messages. */
  readonly source: string
  readonly key: Key
  /** Keys and indices below the member, from outside in. */
  readonly path: readonly (string | number)[]
  /** Keys of `path` as they are spelled in JSON. */
  readonly #spelled: readonly (Buffer | number)[]
  bytes: Buffer = NONE
  start = 0
  end = 0
  raw = false
  #lastConstant: Constant | null = null
  #lastStart = -1
  #lastEnd = -1

  constructor(source: string, key: Key, path: readonly (string | number)[]) {
    this.source = source
    this.key = key
    this.path = path
    this.#spelled = path.map((step) => (typeof step === 'number' ? step : spell(step)))
  }

  /** Whether the record has the value. */
  locate(record: Record): boolean {
    const index = record.find(this.key)
    if (index < 0) return false
    const kind = record.kind[index]
    if (kind === CONSTANT) return this.#locateInConstant(record.constants[index]!)
    this.bytes = record.bytes[record.valueSource[index] as Source]
    this.start = record.valueStart[index]!
    this.end = record.valueEnd[index]!
    this.raw = kind === RAW_TEXT
    return this.#spelled.length === 0 || (!this.raw && this.#descend())
  }

  #locateInConstant(constant: Constant): boolean {
    this.bytes = constant.bytes
    this.raw = false
    if (this.#lastConstant !== constant) {
      this.start = 0
      this.end = constant.bytes.length
      if (!this.#descend()) this.start = -1
      this.#lastConstant = constant
      this.#lastStart = this.start
      this.#lastEnd = this.end
    }
    this.start = this.#lastStart
    this.end = this.#lastEnd
    return this.start >= 0
  }

  #descend(): boolean {
    for (const step of this.#spelled) {
      const found = typeof step === 'number' ? this.#toItem(step) : this.#toMember(step)
      if (!found) return false
    }
    return true
  }

  #toItem(wanted: number): boolean {
    const { bytes, end } = this
    if (bytes[this.start] !== OPEN_ARRAY) return false
    let at = skipSpace(bytes, this.start + 1)
    for (let i = 0; at < end - 1; i++) {
      const after = skipValue(bytes, at, end)
      if (i === wanted) {
        this.start = at
        this.end = after
        return true
      }
      at = skipSpace(bytes, after)
      if (bytes[at] !== COMMA) return false
      at = skipSpace(bytes, at + 1)
    }
    return false
  }

  #toMember(wanted: Buffer): boolean {
    const { bytes, end } = this
    if (bytes[this.start] !== OPEN_OBJECT) return false
    let found = -1
    let foundEnd = -1
    let at = skipSpace(bytes, this.start + 1)
    while (at < end - 1) {
      const keyEnd = skipValue(bytes, at, end)
      const same = sameKey(bytes, at + 1, keyEnd - 1, wanted)
      const value = skipSpace(bytes, skipSpace(bytes, keyEnd) + 1)
      at = skipValue(bytes, value, end)
      // the last of equal keys counts
      if (same) {
        found = value
        foundEnd = at
      }
      at = skipSpace(bytes, at)
      if (bytes[at] !== COMMA) break
      at = skipSpace(bytes, at + 1)
    }
    if (found < 0) return false
    this.start = found
    this.end = foundEnd
    return true
  }

  /** Of a located value: whether it is a string. */
  isString(): boolean {
    return this.raw || this.bytes[this.start] === QUOTE
  }

  /** Of a located value: a string's characters; any other value's JSON text. */
  text(): string {
    if (this.raw || this.bytes[this.start] !== QUOTE) return this.bytes.toString('utf8', this.start, this.end)
    const text = this.bytes.toString('utf8', this.start + 1, this.end - 1)
    return text.includes('\\') ? (JSON.parse('"' + text + '"') as string) : text
  }

  /** Of a located value: what JavaScript makes of it. */
  value(): unknown {
    const text = this.bytes.toString('utf8', this.start, this.end)
    return this.raw ? text : (JSON.parse(text) as unknown)
  }

  /** Whether the record has the value and it is a string that matches. */
  matches(record: Record, matcher: Matcher): boolean {
    return this.locate(record) && this.isString() && this.matchesLocated(matcher)
  }

  /** Of a located value: whether its characters match. */
  matchesLocated(matcher: Matcher): boolean {
    const { bytes, start, end } = this
    if (this.raw || bytes[start] !== QUOTE) return matcher.matches(bytes, start, end)
    for (let at = start + 1; at < end - 1; at++) {
      if (bytes[at] === BACKSLASH) return matcher.matchesText(this.text())
    }
    return matcher.matches(bytes, start + 1, end - 1)
  }
}

function spell(key: string): Buffer {
  return Buffer.from(JSON.stringify(key.toWellFormed()).slice(1, -1))
}

function sameKey(bytes: Buffer, start: number, end: number, wanted: Buffer): boolean {
  if (end - start === wanted.length) {
    let i = 0
    while (i < wanted.length && bytes[start + i] === wanted[i]) i++
    if (i === wanted.length) return true
  }
  // another spelling of the same key has escapes
  for (let at = start; at < end; at++) {
    if (bytes[at] === BACKSLASH) {
      return spell(JSON.parse(bytes.toString('utf8', start - 1, end + 1)) as string).equals(wanted)
    }
  }
  return false
}

function skipSpace(bytes: Buffer, at: number): number {
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++
  return at
}

/**
 * Compiles an accessor. Without `$` at its start and without brackets, the text is a top-level key as it stands.
 * Throws AccessorError.
 */
export function compileAccessor(text: string, pool: Pool): Accessor {
  if (!text.startsWith('$')) {
    const bracket = text.indexOf('[')
    if (text === '') throw new AccessorError('An empty accessor names no value.', 0)
    if (bracket <= 0) return new Accessor(text, pool.key(text), [])
    return new Accessor(text, pool.key(text.slice(0, bracket)), readPath(text, bracket, text.length))
  }
  const bracket = text.indexOf('[')
  const keyEnd = bracket < 0 ? text.length : bracket
  const key = text.slice(1, keyEnd)
  if (key === '' && bracket < 0) throw new AccessorError('A key is missing behind the `$`.', 1)
  const path = bracket < 0 ? [] : readPath(text, bracket, text.length)
  if (key !== '') return new Accessor(text, pool.key(key), path)
  const [first, ...rest] = path
  if (typeof first !== 'string') throw new AccessorError('The first step of an accessor is a key.', 1)
  return new Accessor(text, pool.key(first), rest)
}

function readPath(text: string, start: number, end: number): (string | number)[] {
  const path: (string | number)[] = []
  let at = start
  while (at < end) {
    const step = /\['((?:[^']|'')*)'\]|\["([^"]*)"\]|\[(\d+)\]/y
    step.lastIndex = at
    const found = step.exec(text)
    if (found === null) {
      throw new AccessorError(`Expected ['key'] or [index] at \`${text.slice(at, end)}\`.`, at)
    }
    if (found[3] !== undefined) path.push(Number(found[3]))
    else path.push(found[1] === undefined ? found[2]! : found[1].replaceAll("''", "'"))
    at = step.lastIndex
  }
  return path
}

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tag' }
  | { readonly kind: 'tag part'; readonly n: number }
  | { readonly kind: 'capture'; readonly n: number }
  | { readonly kind: 'value'; readonly accessor: Accessor }

/** A text with accessors in it. */
export class Template {
  readonly source: string
  readonly #parts: readonly Part[]
  /** The text when nothing in it depends on record, tag or captures. */
  readonly constant: string | undefined

  constructor(source: string, parts: readonly Part[]) {
    this.source = source
    this.#parts = parts
    this.constant = parts.every((part) => part.kind === 'text') ? parts.map((part) => part.text).join('') : undefined
  }

  /** Whether it looks into the record, beyond the tag. */
  get needsRecord(): boolean {
    return this.#parts.some((part) => part.kind === 'value')
  }

  /** The top-level keys that it looks at. */
  get keys(): readonly string[] {
    return this.#parts.flatMap((part) => (part.kind === 'value' ? [part.accessor.key.text] : []))
  }

  /** Filled in; what is missing leaves nothing. */
  fill(record: Record, tag: string, captures?: RegExpExecArray | null): string {
    let text = ''
    for (const part of this.#parts) text += this.#part(part, record, tag, captures) ?? ''
    return text
  }

  /** Filled in, or undefined when the record lacks one of the values. */
  fillAll(record: Record, tag: string, captures?: RegExpExecArray | null): string | undefined {
    let text = ''
    for (const part of this.#parts) {
      const filled = this.#part(part, record, tag, captures)
      if (filled === undefined) return undefined
      text += filled
    }
    return text
  }

  #part(part: Part, record: Record, tag: string, captures?: RegExpExecArray | null): string | undefined {
    switch (part.kind) {
      case 'text': return part.text
      case 'tag': return tag
      case 'tag part': return tagPart(tag, part.n)
      case 'capture': return captures?.[part.n]
      case 'value': return part.accessor.locate(record) ? part.accessor.text() : undefined
    }
  }
}

/** Ends a bare `$key` within a template. */
const KEY = /[\w@/\-\u0080-\uffff]+/y
const STEPS = /(?:\['(?:[^']|'')*'\]|\["[^"]*"\]|\[\d+\])*/y

/** Compiles a template. `$` before anything that is no accessor stands for itself. Throws AccessorError. */
export function compileTemplate(source: string, pool: Pool): Template {
  const parts: Part[] = []
  let text = ''
  const push = (part: Part): void => {
    if (text !== '') parts.push({ kind: 'text', text })
    text = ''
    parts.push(part)
  }
  let at = 0
  while (at < source.length) {
    const dollar = source.indexOf('$', at)
    if (dollar < 0) break
    text += source.slice(at, dollar)
    at = dollar + 1
    const digit = source[at]
    if (digit !== undefined && digit >= '0' && digit <= '9') {
      push({ kind: 'capture', n: Number(digit) })
      at++
      continue
    }
    if (source.startsWith('TAG', at) && !/[A-Za-z0-9_]/.test(source[at + 3] ?? '')) {
      const part = /^\[(\d+)\]/.exec(source.slice(at + 3))
      push(part === null ? { kind: 'tag' } : { kind: 'tag part', n: Number(part[1]) })
      at += 3 + (part?.[0].length ?? 0)
      continue
    }
    KEY.lastIndex = at
    const keyEnd = KEY.test(source) ? KEY.lastIndex : at
    STEPS.lastIndex = keyEnd
    STEPS.test(source)
    const end = STEPS.lastIndex
    if (end === at) {
      text += '$'
      continue
    }
    if (source[end] === '[') throw new AccessorError(`Expected ['key'] or [index] at \`${source.slice(end)}\`.`, end)
    push({ kind: 'value', accessor: compileAccessor(source.slice(dollar, end), pool) })
    at = end
  }
  text += source.slice(at)
  if (text !== '' || parts.length === 0) parts.push({ kind: 'text', text })
  return new Template(source, parts)
}
