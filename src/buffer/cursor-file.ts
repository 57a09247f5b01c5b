/**
 * How far an output is: one file for each, of fixed size and written in place, so that a full disk cannot stop an
 * acknowledgement.
 *
 * Two slots of 64 KB. A write goes to the slot with the lower counter; the valid slot with the higher one counts, so a
 * write that was cut leaves the one before it. A slot, all numbers little-endian:
 *
 *      0  u32  magic "FTLC"
 *      4  u32  CRC-32 of bytes 8 to the end of the JSON
 *      8  u32  counter, low 32 bits
 *     12  u32  counter, high 32 bits
 *     16  u32  length of the JSON
 *     20  JSON, as `CursorState`
 */
import fs from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { emptyOutputTerms, type OutputTerms } from '../event/ledger.ts'

const MAGIC = 0x434c5446
const HEADER = 20
const SUFFIX = '.cursor'
/** Length of a file name that holds a hash of the output's name; all others are shorter. */
const HASHED = 240
export const SLOT = 64 * 1024
/** So many frames below the cursor may be under way; their numbers fit a slot beside the terms. */
export const MAX_OPEN = 2048

export interface CursorState {
  readonly name: string
  /** Every frame below this sequence number is done, but those in `open`. */
  position: number
  open: number[]
  /** What became of the records of frames on disk. `waiting` is 0: it follows from the frames. */
  terms: OutputTerms
  /** Its owner let it go: what it waited for was given up. */
  forgotten?: true
}

export class CursorFile {
  readonly path: string
  #counter = 0
  #fd: number | undefined

  constructor(directory: string, name: string, file = cursorFileName(name)) {
    this.path = join(directory, file)
  }

  /** What it says, or undefined when there is none or neither slot is valid. */
  read(): CursorState | undefined {
    let bytes: Buffer
    try {
      bytes = fs.readFileSync(this.path)
    } catch {
      return undefined
    }
    const first = readSlot(bytes, 0)
    const second = readSlot(bytes, SLOT)
    const best = first !== undefined && (second === undefined || first.counter > second.counter) ? first : second
    if (best === undefined) return undefined
    this.#counter = best.counter
    return best.state
  }

  /** Writes the state into the older slot. Throws what the system says. */
  write(state: CursorState): void {
    this.#fd ??= this.#open()
    const bytes = encodeSlot(state, this.#counter + 1)
    const at = (this.#counter + 1) % 2 === 0 ? 0 : SLOT
    let written = 0
    while (written < bytes.length) {
      written += fs.writeSync(this.#fd, bytes, written, bytes.length - written, at + written)
    }
    this.#counter++
  }

  #open(): number {
    let fd: number
    try {
      fd = fs.openSync(this.path, 'r+')
      if (fs.fstatSync(fd).size >= SLOT * 2) return fd
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      fd = fs.openSync(this.path, 'w+', 0o600)
    }
    try {
      const zeros = Buffer.alloc(SLOT * 2)
      let at = fs.fstatSync(fd).size
      while (at < zeros.length) at += fs.writeSync(fd, zeros, at, zeros.length - at, at)
    } catch (error) {
      fs.closeSync(fd)
      throw error
    }
    return fd
  }

  /** Puts it on the disk for good. */
  sync(): Promise<void> {
    const fd = this.#fd
    return fd === undefined ? Promise.resolve() : new Promise((resolve, reject) => {
      fs.fdatasync(fd, (error) => error === null ? resolve() : reject(error))
    })
  }

  close(): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd)
    this.#fd = undefined
  }
}

/** Output names are free text: what a file system might not take is escaped, and what is too long is hashed. */
export function cursorFileName(name: string): string {
  const safe = encodeURIComponent(name).replace(/\*/g, '%2A').replace(/^\./, '%2E')
  if (safe.length + SUFFIX.length < HASHED) return safe + SUFFIX
  const hash = createHash('sha256').update(name).digest('hex')
  return `${safe.slice(0, 150)}-${hash.padEnd(HASHED - 151 - SUFFIX.length, '-')}${SUFFIX}`
}

/** The output's name, when the file name tells it. */
function outputOf(file: string): string | undefined {
  try {
    const name = decodeURIComponent(file.slice(0, -SUFFIX.length))
    return cursorFileName(name) === file ? name : undefined
  } catch {
    return undefined
  }
}

/**
 * States of all cursors in the folder, and of those that must have been there (`known`). One that is gone or damaged in
 * both slots begins at the start of the log: what was delivered is delivered again, and nothing is lost.
 */
export function readCursors(directory: string, known: readonly string[]): CursorState[] {
  const states = new Map<string, CursorState>()
  const lost = new Set(known)
  for (const file of fs.readdirSync(directory).sort()) {
    if (!file.endsWith(SUFFIX)) continue
    const state = new CursorFile(directory, '', file).read()
    if (state !== undefined) states.set(state.name, state)
    else lost.add(outputOf(file) ?? '')
  }
  lost.delete('')
  for (const name of lost) {
    if (!states.has(name)) states.set(name, { name, position: 0, open: [], terms: emptyOutputTerms() })
  }
  return [...states.values()]
}

function readSlot(bytes: Buffer, at: number): { counter: number, state: CursorState } | undefined {
  if (bytes.length < at + HEADER || bytes.readUInt32LE(at) !== MAGIC) return undefined
  const length = bytes.readUInt32LE(at + 16)
  if (HEADER + length > SLOT || at + HEADER + length > bytes.length) return undefined
  if (crc32(bytes.subarray(at + 8, at + HEADER + length)) !== bytes.readUInt32LE(at + 4)) return undefined
  const counter = bytes.readUInt32LE(at + 12) * 0x1_0000_0000 + bytes.readUInt32LE(at + 8)
  const state = JSON.parse(bytes.toString('utf8', at + HEADER, at + HEADER + length)) as CursorState
  return { counter, state: { ...state, terms: { ...emptyOutputTerms(), ...state.terms } } }
}

function encodeSlot(state: CursorState, counter: number): Buffer {
  let text = Buffer.from(JSON.stringify(state))
  if (HEADER + text.length > SLOT) text = Buffer.from(JSON.stringify({ ...state, terms: foldReasons(state.terms) }))
  const bytes = Buffer.alloc(HEADER + text.length)
  bytes.writeUInt32LE(MAGIC, 0)
  bytes.writeUInt32LE(counter % 0x1_0000_0000, 8)
  bytes.writeUInt32LE(Math.floor(counter / 0x1_0000_0000), 12)
  bytes.writeUInt32LE(text.length, 16)
  text.copy(bytes, HEADER)
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4)
  return bytes
}

/** So many reasons that a slot cannot hold them become one: the sums stay right. */
function foldReasons(terms: OutputTerms): OutputTerms {
  const fold = (reasons: OutputTerms['dropped']): OutputTerms['dropped'] => {
    const entries = Object.entries(reasons)
    if (entries.length <= 64) return reasons
    entries.sort((a, b) => b[1] - a[1])
    const rest = entries.slice(63).reduce((total, [, amount]) => total + amount, 0)
    return { ...Object.fromEntries(entries.slice(0, 63)), other: rest }
  }
  return { ...terms, filtered: fold(terms.filtered), dropped: fold(terms.dropped) }
}
