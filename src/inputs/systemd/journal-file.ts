/**
 * One file of the journal, read without any help of systemd's: a header, objects, and a chain of arrays that lists the
 * entries in their order (systemd, Journal File Format). Regular and compact, hashed in any way, compressed in any way.
 *
 * The writer links an entry into the arrays after it is complete and counts it in the header last, so what the header
 * counts can be read while the file grows, as long as nothing from before that look at the header is believed.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { DecompressionError, decompress } from './decompress.ts'
import { Pages } from './pages.ts'

const HEADER = 208
const DATA = 1
const ENTRY = 3
const ENTRY_ARRAY = 6
/** xz, lz4, keyed hash, zstd, compact. */
const KNOWN_FLAGS = 0b11111
const COMPACT = 16
const ARCHIVED = 2
/** Objects of any size exist, but nobody has logged more than this in one field; a larger one is damage. */
const LARGEST = 1 << 30
const EQUALS = 0x3d
const HIGH = 0x1_0000_0000

export class JournalError extends Error {}

interface EntryArray {
  readonly offset: number
  /** Index of its first entry in the file, and of the first behind it. */
  readonly first: number
  readonly end: number
}

export class JournalFile {
  readonly path: string
  readonly fd: number
  readonly device: number
  readonly inode: number
  /** Hexadecimal. Entries of all files with the same one are numbered together. */
  readonly seqnumId: string
  readonly compact: boolean
  readonly #dataHead: number
  /** As of the last look at the header. */
  archived = false
  entries = 0
  headSeqnum = 0
  tailSeqnum = 0
  headRealtime = 0
  tailRealtime = 0
  /** No name leads to it any more. */
  deleted = false

  /** The next entry to be read. */
  index = 0
  /** How often the entry at `index` could not be read. */
  failures = 0
  /** What `load` found. `realtime` is microseconds of Unix time. */
  seqnum = 0
  realtime = 0
  /** Offsets of the fields of the entry. */
  items = new Float64Array(64)
  itemCount = 0
  #loaded = -1

  /** What `locate` found: `bytes[nameStart…separator]` is the name, what follows `=` at the separator the value. */
  bytes: Buffer = Buffer.alloc(0)
  nameStart = 0
  separator = 0
  valueEnd = 0

  readonly #pages: Pages
  readonly #arrays: EntryArray[] = []
  readonly #header = Buffer.allocUnsafeSlow(HEADER)

  private constructor(path: string, fd: number) {
    const stats = fstatSync(fd)
    this.path = path
    this.fd = fd
    this.device = stats.dev
    this.inode = stats.ino
    this.#pages = new Pages(fd)
    const header = this.#header
    if (!stats.isFile() || readSync(fd, header, 0, HEADER, 0) < HEADER) throw new JournalError('it is shorter than a header')
    if (header.toString('latin1', 0, 8) !== 'LPKSHHRH') throw new JournalError('it is no journal')
    const flags = header.readUInt32LE(12)
    if ((flags & ~KNOWN_FLAGS) !== 0) throw new JournalError(`it is of a format that is not known (flags ${flags.toString(16)})`)
    this.compact = (flags & COMPACT) !== 0
    this.#dataHead = this.compact ? 72 : 64
    this.seqnumId = header.toString('hex', 72, 88)
    this.#takeHeader()
  }

  /** Throws JournalError, or an error of the system. */
  static open(path: string): JournalFile {
    const fd = openSync(path, 'r')
    try {
      return new JournalFile(path, fd)
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  close(): void {
    closeSync(this.fd)
  }

  /** Looks at the header again. */
  refresh(): void {
    if (this.archived || readSync(this.fd, this.#header, 0, HEADER, 0) < HEADER) return
    const before = this.entries
    this.#takeHeader()
    if (this.entries === before) return
    this.#pages.clear()
    this.#loaded = -1
  }

  #takeHeader(): void {
    const header = this.#header
    this.entries = u64(header, 152)
    this.tailSeqnum = u64(header, 160)
    this.headSeqnum = u64(header, 168)
    this.headRealtime = u64(header, 184)
    this.tailRealtime = u64(header, 192)
    this.archived = header[16] === ARCHIVED
  }

  /** Everything that was counted is read. */
  get isRead(): boolean {
    return this.index >= this.entries
  }

  /** Lets go of memory that only reading needs. */
  rest(): void {
    this.#pages.clear()
  }

  /** Goes on behind the present entry. */
  advance(): void {
    this.index++
    this.failures = 0
  }

  /** Reads the entry at `index`: its number, time and items. False: it is damaged, or not there. */
  load(): boolean {
    if (this.#loaded === this.index) return true
    const offset = this.#entryOffset(this.index)
    const size = offset === 0 ? 0 : this.#objectSize(offset, ENTRY, 64)
    if (size === 0 || !this.#pages.locate(offset, size)) return false
    const { words } = this.#pages
    const word = this.#pages.start >>> 2
    const width = this.compact ? 1 : 4
    const count = Math.floor((size - 64) / (width * 4))
    if (count > this.items.length) this.items = new Float64Array(count * 2)
    const { items } = this
    for (let i = 0, at = word + 16; i < count; i++, at += width) {
      items[i] = this.compact ? words[at]! : words[at]! + words[at + 1]! * HIGH
    }
    this.itemCount = count
    this.seqnum = words[word + 4]! + words[word + 5]! * HIGH
    this.realtime = words[word + 6]! + words[word + 7]! * HIGH
    this.#loaded = this.index
    return true
  }

  /** Goes to the first entry whose number is `seqnum` or higher. */
  seek(seqnum: number): void {
    this.#search(() => this.seqnum >= seqnum)
  }

  /** The number of the first entry after a time in microseconds; behind the last when none is. */
  seqnumAfter(realtime: number): number {
    this.#search(() => this.realtime > realtime)
    return this.index < this.entries && this.load() ? this.seqnum : this.tailSeqnum + 1
  }

  /** Bisects; entries that are damaged count as being behind. */
  #search(behind: () => boolean): void {
    let low = 0
    let high = this.entries
    while (low < high) {
      this.index = Math.floor((low + high) / 2)
      if (!this.load() || behind()) high = this.index
      else low = this.index + 1
    }
    this.index = low
    this.failures = 0
  }

  #entryOffset(index: number): number {
    const array = this.#arrayOf(index)
    if (array === undefined) return 0
    const width = this.compact ? 4 : 8
    if (!this.#pages.locate(array.offset + 24 + (index - array.first) * width, width)) return 0
    const { words } = this.#pages
    const word = this.#pages.start >>> 2
    return this.compact ? words[word]! : words[word]! + words[word + 1]! * HIGH
  }

  #arrayOf(index: number): EntryArray | undefined {
    const arrays = this.#arrays
    for (let i = arrays.length - 1; i >= 0; i--) {
      const array = arrays[i]!
      if (index >= array.first && index < array.end) return array
    }
    for (;;) {
      const last = arrays.at(-1)
      const offset = last === undefined ? u64(this.#header, 176) : this.#nextArray(last.offset)
      if (offset === 0 || (last !== undefined && offset <= last.offset)) return undefined
      const size = this.#objectSize(offset, ENTRY_ARRAY, 24)
      if (size === 0) return undefined
      const first = last?.end ?? 0
      const end = first + Math.floor((size - 24) / (this.compact ? 4 : 8))
      if (end === first) return undefined
      arrays.push({ offset, first, end })
      if (index < end) return arrays.at(-1)
    }
  }

  #nextArray(offset: number): number {
    return this.#pages.locate(offset + 16, 8) ? u64(this.#pages.bytes, this.#pages.start) : 0
  }

  /** Size of the object of this type at an offset; 0 when there is none. */
  #objectSize(offset: number, type: number, least: number): number {
    if (offset < HEADER || offset % 8 !== 0 || !this.#pages.locate(offset, least)) return 0
    const { words } = this.#pages
    const word = this.#pages.start >>> 2
    if ((words[word]! & 0xff) !== type) return 0
    const size = words[word + 2]! + words[word + 3]! * HIGH
    return size < least || size > LARGEST ? 0 : size
  }

  /** Whether several entries have the field at this offset, and it is no longer than `longest` as it is stored. */
  isShared(offset: number, longest: number): boolean {
    const size = this.payloadSize(offset)
    if (size > longest) return false
    const { words, start } = this.#pages
    return words[(start >>> 2) + 14]! > 1 || words[(start >>> 2) + 15] !== 0
  }

  /** Bytes of the field at this offset as it is stored; Infinity when it is damaged. */
  payloadSize(offset: number): number {
    const size = this.#objectSize(offset, DATA, this.#dataHead)
    return size === 0 ? Infinity : size - this.#dataHead
  }

  /** Finds name and value of the field at an offset. False: it is damaged. */
  locate(offset: number): boolean {
    const head = this.#dataHead
    const size = this.#objectSize(offset, DATA, head)
    if (size === 0 || !this.#pages.locate(offset, size)) return false
    const { bytes, start } = this.#pages
    const flags = bytes[start + 1]! & 7
    if (flags === 0) return this.#take(bytes, start + head, start + size)
    try {
      const plain = decompress(flags, bytes.subarray(start + head, start + size))
      return this.#take(plain, 0, plain.length)
    } catch (error) {
      if (error instanceof DecompressionError) return false
      throw error
    }
  }

  #take(bytes: Buffer, start: number, end: number): boolean {
    let separator = start
    while (separator < end && bytes[separator] !== EQUALS) separator++
    this.bytes = bytes
    this.nameStart = start
    this.separator = separator
    this.valueEnd = end
    return separator < end
  }
}

/** A little-endian number of 64 bits; the journal has none beyond 2^53. */
function u64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * HIGH
}
