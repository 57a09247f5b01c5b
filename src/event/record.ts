/**
 * One log record on its way from line to frame: a list of members, each a key range and a value range in one of three
 * buffers. It is never an object with properties and rarely a string.
 *
 * One scratch record serves the whole pipeline: filled from a line, taken through the filters, encoded, reset. Nothing is
 * allocated per record. What it says is valid until `reset`.
 */
import type { Constant } from './constant.ts'
import { TABLE } from './kernel.ts'
import { keyHash, type Key, type Range } from './pool.ts'
import { ARENA, BLOCK, POOL, Sources, type Source } from './sources.ts'

export { ARENA, BLOCK, POOL, type Source }

/** What a value range holds: valid JSON text of any type; text to be quoted and escaped; nothing (the value is a `Constant`). */
export const JSON_TEXT = 0
export const RAW_TEXT = 1
export const CONSTANT = 2
export type Kind = 0 | 1 | 2

const QUOTE = 0x22
const BACKSLASH = 0x5c

export class Record extends Sources {
  /** Unix time. */
  seconds = 0
  nanos = 0
  /** Metadata of the event as the text of a JSON object, or empty. */
  metadata = ''
  /** Number of members. */
  count = 0
  keySource = this.byteColumn(TABLE.keySource)
  keyStart = this.numberColumn(TABLE.keyStart)
  keyEnd = this.numberColumn(TABLE.keyEnd)
  keyHash = this.numberColumn(TABLE.keyHash)
  valueSource = this.byteColumn(TABLE.valueSource)
  valueStart = this.numberColumn(TABLE.valueStart)
  valueEnd = this.numberColumn(TABLE.valueEnd)
  kind = this.byteColumn(TABLE.kind)
  constants: (Constant | null)[] = new Array<Constant | null>(TABLE.members).fill(null)

  /** Forgets the members, the metadata and the arena. */
  reset(): void {
    this.count = 0
    this.used(0)
    if (this.metadata !== '') this.metadata = ''
  }

  setTime(seconds: number, nanos: number): void {
    this.seconds = seconds
    this.nanos = nanos
  }

  // ---- looking

  /** Index of the member with this key, or -1. */
  find(key: Key): number {
    return this.#search(key.hash, POOL, key.start, key.end)
  }

  /** Index of the member whose key has these bytes, or -1. */
  findRange(source: Source, start: number, end: number): number {
    return this.#search(keyHash(this.bytes[source], start, end), source, start, end)
  }

  #search(hash: number, source: Source, start: number, end: number): number {
    const hashes = this.keyHash
    for (let i = 0; i < this.count; i++) {
      if (hashes[i] === hash && this.#sameKey(i, source, start, end)) return i
    }
    return -1
  }

  #sameKey(index: number, source: Source, start: number, end: number): boolean {
    const mine = this.bytes[this.keySource[index] as Source]
    const theirs = this.bytes[source]
    let at = this.keyStart[index]!
    if (this.keyEnd[index]! - at !== end - start) return false
    for (let i = start; i < end; i++) if (mine[at++] !== theirs[i]) return false
    return true
  }

  /** Whether two members have the same key. */
  sameKeys(a: number, b: number): boolean {
    return this.#sameKey(b, this.keySource[a] as Source, this.keyStart[a]!, this.keyEnd[a]!)
  }

  /** The key of a member as text. */
  keyText(index: number): string {
    const bytes = this.bytes[this.keySource[index] as Source]
    const text = bytes.toString('utf8', this.keyStart[index], this.keyEnd[index])
    return text.includes('\\') ? (JSON.parse('"' + text + '"') as string) : text
  }

  /** Whether the value is a string (escaped or not). */
  isString(index: number): boolean {
    const kind = this.kind[index]
    return kind === RAW_TEXT || (kind === JSON_TEXT && this.firstByte(index) === QUOTE)
  }

  /** First byte of the value's text: `"`, `{`, `[`, a digit … for JSON text, any byte for raw text, 0 when there is none. */
  firstByte(index: number): number {
    if (this.kind[index] === CONSTANT) return this.constants[index]!.bytes[0]!
    const start = this.valueStart[index]!
    return start === this.valueEnd[index] ? 0 : this.bytes[this.valueSource[index] as Source][start]!
  }

  /** A string's characters; any other value's JSON text. */
  text(index: number): string {
    const kind = this.kind[index]
    if (kind === CONSTANT) return this.constants[index]!.bytes.toString()
    const bytes = this.bytes[this.valueSource[index] as Source]
    const start = this.valueStart[index]!
    const end = this.valueEnd[index]!
    if (kind === RAW_TEXT) return bytes.toString('utf8', start, end)
    if (bytes[start] !== QUOTE) return bytes.toString('utf8', start, end)
    const text = bytes.toString('utf8', start + 1, end - 1)
    return text.includes('\\') ? (JSON.parse('"' + text + '"') as string) : text
  }

  /** The value as JavaScript has it. Numbers beyond 2^53 lose digits: use only where a value must be understood. */
  value(index: number): unknown {
    const kind = this.kind[index]
    if (kind === RAW_TEXT) return this.text(index)
    if (kind === CONSTANT) return this.constants[index]!.value()
    const bytes = this.bytes[this.valueSource[index] as Source]
    return JSON.parse(bytes.toString('utf8', this.valueStart[index], this.valueEnd[index]))
  }

  /**
   * Where the characters of a string value lie as plain bytes, unescaped into the arena if they must be.
   * Returns false when the value is not a string; else `stringSource`, `stringStart` and `stringEnd` say where.
   */
  locateString(index: number): boolean {
    const kind = this.kind[index]
    if (kind === CONSTANT) return false
    const source = this.valueSource[index] as Source
    let start = this.valueStart[index]!
    let end = this.valueEnd[index]!
    if (kind === JSON_TEXT) {
      const bytes = this.bytes[source]
      if (bytes[start] !== QUOTE) return false
      start++
      end--
      // not indexOf: it would look through the rest of the block
      for (let at = start; at < end; at++) {
        if (bytes[at] !== BACKSLASH) continue
        this.#located(ARENA, this.addText(this.text(index)))
        return true
      }
    }
    this.stringSource = source
    this.stringStart = start
    this.stringEnd = end
    return true
  }

  stringSource: Source = BLOCK
  stringStart = 0
  stringEnd = 0

  #located(source: Source, start: number): void {
    this.stringSource = source
    this.stringStart = start
    this.stringEnd = this.arenaLength
  }

  // ---- changing

  /** Appends a member whose key and value are ranges. The caller knows that the key is not there yet, or that the last one may win elsewhere. */
  appendRange(
    keySource: Source, keyStart: number, keyEnd: number,
    valueSource: Source, valueStart: number, valueEnd: number, kind: Kind
  ): number {
    const i = this.count++
    if (i === this.kind.length) this.#grow()
    this.keySource[i] = keySource
    this.keyStart[i] = keyStart
    this.keyEnd[i] = keyEnd
    this.keyHash[i] = keyHash(this.bytes[keySource], keyStart, keyEnd)
    this.valueSource[i] = valueSource
    this.valueStart[i] = valueStart
    this.valueEnd[i] = valueEnd
    this.kind[i] = kind
    return i
  }

  /** Appends a member with a key of the pool; the caller knows that it is not there yet. */
  append(key: Key, source: Source, start: number, end: number, kind: Kind): number {
    const i = this.count++
    if (i === this.kind.length) this.#grow()
    this.keySource[i] = POOL
    this.keyStart[i] = key.start
    this.keyEnd[i] = key.end
    this.keyHash[i] = key.hash
    this.valueSource[i] = source
    this.valueStart[i] = start
    this.valueEnd[i] = end
    this.kind[i] = kind
    return i
  }

  /** Sets the value of a key: in its place when it is there (the last one wins), else at the end. Returns its index. */
  set(key: Key, source: Source, start: number, end: number, kind: Kind): number {
    const at = this.find(key)
    if (at < 0) return this.append(key, source, start, end, kind)
    this.setValue(at, source, start, end, kind)
    return at
  }

  /** `set` with a key that is a range. */
  setRange(
    keySource: Source, keyStart: number, keyEnd: number,
    valueSource: Source, valueStart: number, valueEnd: number, kind: Kind
  ): number {
    const at = this.findRange(keySource, keyStart, keyEnd)
    if (at < 0) return this.appendRange(keySource, keyStart, keyEnd, valueSource, valueStart, valueEnd, kind)
    this.setValue(at, valueSource, valueStart, valueEnd, kind)
    return at
  }

  setValue(index: number, source: Source, start: number, end: number, kind: Kind): void {
    this.valueSource[index] = source
    this.valueStart[index] = start
    this.valueEnd[index] = end
    this.kind[index] = kind
  }

  /** Gives member `to` the value of member `from`. */
  takeValue(to: number, from: number): void {
    this.valueSource[to] = this.valueSource[from]!
    this.valueStart[to] = this.valueStart[from]!
    this.valueEnd[to] = this.valueEnd[from]!
    this.kind[to] = this.kind[from]!
    if (this.kind[from] === CONSTANT) this.constants[to] = this.constants[from]!
  }

  /** Sets a key to a value of the pool (`pool.json`). */
  setPooled(key: Key, value: Range): number {
    return this.set(key, POOL, value.start, value.end, JSON_TEXT)
  }

  /** Sets a key to a string. */
  setText(key: Key, text: string): number {
    const start = this.addText(text)
    return this.set(key, ARENA, start, this.arenaLength, RAW_TEXT)
  }

  /** Sets a key to a value given as JSON text. */
  setJson(key: Key, json: string): number {
    const start = this.addText(json)
    return this.set(key, ARENA, start, this.arenaLength, JSON_TEXT)
  }

  /** Sets a key to a shared constant. */
  setConstant(key: Key, constant: Constant): number {
    const at = this.set(key, ARENA, 0, 0, CONSTANT)
    this.constants[at] = constant
    return at
  }

  /** Gives a member another key. The caller has dealt with a member that has it already. */
  rename(index: number, key: Key): void {
    this.keySource[index] = POOL
    this.keyStart[index] = key.start
    this.keyEnd[index] = key.end
    this.keyHash[index] = key.hash
  }

  /** Gives a member a key that is a range. The caller has dealt with a member that has it already. */
  renameRange(index: number, source: Source, start: number, end: number): void {
    this.keySource[index] = source
    this.keyStart[index] = start
    this.keyEnd[index] = end
    this.keyHash[index] = keyHash(this.bytes[source], start, end)
  }

  /** Removes a member; the others keep their order. */
  delete(index: number): void {
    this.#shift(index + 1, index)
    this.count--
  }

  /** Moves a member to another place; the others keep their order. */
  move(from: number, to: number): void {
    if (from === to) return
    this.#grow()
    const spare = this.kind.length - 1
    this.#copyMember(from, spare)
    if (from < to) for (let i = from; i < to; i++) this.#copyMember(i + 1, i)
    else for (let i = from; i > to; i--) this.#copyMember(i - 1, i)
    this.#copyMember(spare, to)
  }

  /** Removes all members and keeps arena, time and metadata. */
  clear(): void {
    this.count = 0
  }

  /** Removes the members from `count` on. */
  truncate(count: number): void {
    this.count = count
  }

  /** Removes those of the first `n` members that are marked with 1; the others keep their order. */
  removeMarked(marks: Uint8Array, n: number): void {
    let to = 0
    for (let from = 0; from < this.count; from++) {
      if (from < n && marks[from] === 1) continue
      if (from !== to) this.#copyMember(from, to)
      to++
    }
    this.count = to
  }

  /** Removes the first `n` members. */
  dropFirst(n: number): void {
    this.#shift(n, 0)
    this.count -= n
  }

  /** Appends a copy of a member, key and value; the caller removes one of the two. */
  appendCopy(index: number): number {
    const i = this.count++
    if (i === this.kind.length) this.#grow()
    this.#copyMember(index, i)
    return i
  }

  /**
   * Makes the first `n` members invisible to every search by key, so that others may be appended under the same keys.
   * `showKeys` ends it.
   */
  hideKeys(n: number): void {
    // no key has this hash: its bytes are UTF-8, where 0xff does not occur
    for (let i = 0; i < n; i++) this.keyHash[i] = -1
  }

  showKeys(n: number): void {
    for (let i = 0; i < n; i++) {
      this.keyHash[i] = keyHash(this.bytes[this.keySource[i] as Source], this.keyStart[i]!, this.keyEnd[i]!)
    }
  }

  /** Copies the bytes of a value that is a `Constant` into the arena, so that it is JSON text like any other. */
  inline(index: number): void {
    if (this.kind[index] !== CONSTANT) return
    const { bytes } = this.constants[index]!
    const start = this.addBytes(bytes, 0, bytes.length)
    this.setValue(index, ARENA, start, this.arenaLength, JSON_TEXT)
  }

  #shift(from: number, to: number): void {
    for (let i = from; i < this.count; i++, to++) this.#copyMember(i, to)
  }

  #copyMember(from: number, to: number): void {
    this.keySource[to] = this.keySource[from]!
    this.keyStart[to] = this.keyStart[from]!
    this.keyEnd[to] = this.keyEnd[from]!
    this.keyHash[to] = this.keyHash[from]!
    this.valueSource[to] = this.valueSource[from]!
    this.valueStart[to] = this.valueStart[from]!
    this.valueEnd[to] = this.valueEnd[from]!
    this.kind[to] = this.kind[from]!
    if (this.kind[from] === CONSTANT) this.constants[to] = this.constants[from]!
  }

  #grow(): void {
    if (this.count + 1 < this.kind.length) return
    this.leaveTable()
    const size = this.kind.length * 2
    this.keySource = widen8(this.keySource, size)
    this.keyStart = widen32(this.keyStart, size)
    this.keyEnd = widen32(this.keyEnd, size)
    this.keyHash = widen32(this.keyHash, size)
    this.valueSource = widen8(this.valueSource, size)
    this.valueStart = widen32(this.valueStart, size)
    this.valueEnd = widen32(this.valueEnd, size)
    this.kind = widen8(this.kind, size)
    while (this.constants.length < size) this.constants.push(null)
  }
}

function widen8(old: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  const wide = new Uint8Array(size)
  wide.set(old)
  return wide
}

function widen32(old: Int32Array<ArrayBuffer>, size: number): Int32Array<ArrayBuffer> {
  const wide = new Int32Array(size)
  wide.set(old)
  return wide
}
