/**
 * Fields that many entries share (host, unit, priority …) are stored once in a file of the journal. They are remembered
 * here by file and offset, in the form in which records want them, so that nine tenths of the fields of an entry cost
 * a look into a map.
 */
import { isUtf8 } from 'node:buffer'
import { ESCAPE_GROWTH, escapeText } from '../../event/escape.ts'
import type { Key, Pool } from '../../event/pool.ts'
import type { JournalFile } from './journal-file.ts'

/** Bytes of all values remembered, and the longest of one field. */
const BLOCK = 512 * 1024
const LONGEST = 1024
/** Names of fields that are kept; applications may make up any number. */
const NAMES = 2000
const QUOTE = 0x22
const UNDERSCORE = 0x5f
const UNIT = '_SYSTEMD_UNIT'

export interface KnownField {
  readonly key: Key
  /** JSON text of the value in `block`. */
  readonly start: number
  readonly end: number
  readonly size: number
  /** The unit, if it is the field that names it. */
  readonly unit: string | undefined
  /** Which of the fields wanted it is, or -1. */
  readonly wanted: number
}

export interface FieldOptions {
  readonly lowercase: boolean
  readonly stripUnderscores: boolean
  /** Index of each field that is looked for, by `NAME=value` as latin1. */
  readonly wanted: ReadonlyMap<string, number>
}

export class KnownFields {
  readonly block = Buffer.allocUnsafeSlow(BLOCK)
  readonly #pool: Pool
  readonly #options: FieldOptions
  readonly #longestWanted: number
  readonly #keys = new Map<string, Key>()
  #files = new WeakMap<JournalFile, Map<number, KnownField>>()
  #used = 0
  #file: JournalFile | undefined
  #fields = new Map<number, KnownField>()

  constructor(pool: Pool, options: FieldOptions) {
    this.#pool = pool
    this.#options = options
    this.#longestWanted = Math.max(0, ...[...options.wanted.keys()].map((text) => text.length))
  }

  /** What is known of the field at an offset; undefined when it is one entry's alone, long, or damaged. */
  get(file: JournalFile, offset: number): KnownField | undefined {
    return this.#of(file).get(offset) ?? this.#learn(file, offset)
  }

  #of(file: JournalFile): Map<number, KnownField> {
    if (file === this.#file) return this.#fields
    let fields = this.#files.get(file)
    if (fields === undefined) this.#files.set(file, (fields = new Map<number, KnownField>()))
    this.#file = file
    return (this.#fields = fields)
  }

  #learn(file: JournalFile, offset: number): KnownField | undefined {
    if (!file.isShared(offset, LONGEST) || !file.locate(offset)) return undefined
    const { bytes, nameStart, separator, valueEnd } = file
    if (valueEnd - nameStart > LONGEST || !isUtf8(bytes.subarray(separator + 1, valueEnd))) return undefined
    const key = this.key(file)
    if (key === undefined) return undefined
    if (this.#used + LONGEST * ESCAPE_GROWTH > BLOCK) this.#forget(file)
    const start = this.#used
    this.block[start] = QUOTE
    const end = escapeText(bytes, separator + 1, valueEnd, this.block, start + 1)
    this.block[end] = QUOTE
    this.#used = end + 1
    const isUnit = bytes.toString('latin1', nameStart, separator) === UNIT
    const known: KnownField = {
      key, start, end: end + 1, size: valueEnd - nameStart,
      unit: isUnit ? bytes.toString('utf8', separator + 1, valueEnd) : undefined,
      wanted: this.wantedIndex(file)
    }
    this.#of(file).set(offset, known)
    return known
  }

  #forget(file: JournalFile): void {
    this.#files = new WeakMap()
    this.#file = undefined
    this.#used = 0
    this.#of(file)
  }

  /** Key of the field that the file has located; undefined when there are too many names. */
  key(file: JournalFile): Key | undefined {
    const { bytes, nameStart, separator } = file
    const name = bytes.toString('latin1', nameStart, separator)
    let key = this.#keys.get(name)
    if (key === undefined) {
      if (this.#keys.size >= NAMES) return undefined
      this.#keys.set(name, (key = this.#pool.key(this.text(name))))
    }
    return key
  }

  /** A name as records are to have it. */
  text(name: string): string {
    const { lowercase, stripUnderscores } = this.#options
    const stripped = stripUnderscores && name.charCodeAt(0) === UNDERSCORE ? name.slice(1) : name
    return lowercase ? stripped.toLowerCase() : stripped
  }

  /** Which of the fields wanted the field is that the file has located, or -1. */
  wantedIndex(file: JournalFile): number {
    const { bytes, nameStart, valueEnd } = file
    if (valueEnd - nameStart > this.#longestWanted) return -1
    return this.#options.wanted.get(bytes.toString('latin1', nameStart, valueEnd)) ?? -1
  }

  /** Which of the fields wanted stands at an offset, or -1. */
  wantedAt(file: JournalFile, offset: number): number {
    const known = this.get(file, offset)
    if (known !== undefined) return known.wanted
    // what is compressed is longer than it looks
    return file.payloadSize(offset) <= this.#longestWanted && file.locate(offset) ? this.wantedIndex(file) : -1
  }
}
