/**
 * Writes files of the journal as journald lays them out, in every variety: what no journald of one version writes. Hash
 * tables are left empty, since reading needs none.
 */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { zstdCompressSync } from 'node:zlib'

export type Field = readonly [name: string, value: string | Buffer]

export interface JournalOptions {
  readonly compact?: boolean
  readonly keyed?: boolean
  readonly compression?: 'none' | 'zstd' | 'lz4' | 'xz'
  readonly seqnumId?: string
  /** Number of the first entry. */
  readonly first?: number
  /** Entries that the first array has room for; each next one has twice as much. */
  readonly room?: number
  /** Packs a value for xz, which Node cannot. */
  readonly pack?: (bytes: Buffer) => Buffer
}

const HEADER = 264
const FLAGS = { none: 0, xz: 1, lz4: 2, zstd: 4 }
const FILE_FLAGS = { none: 0, xz: 1, lz4: 2, zstd: 8 }

export class JournalMaker {
  readonly path: string
  readonly #compact: boolean
  readonly #compression: 'none' | 'zstd' | 'lz4' | 'xz'
  readonly #pack: ((bytes: Buffer) => Buffer) | undefined
  readonly #header = Buffer.alloc(HEADER)
  readonly #fd: number
  readonly #data = new Map<string, { readonly offset: number, users: number }>()
  /** Offset of the last array, entries in it, and its room. */
  #array = 0
  #inArray = 0
  #room: number
  #end = HEADER
  #entries = 0
  #next: number

  constructor (path: string, options: JournalOptions = {}) {
    this.path = path
    this.#compact = options.compact ?? false
    this.#compression = options.compression ?? 'none'
    this.#pack = options.pack
    this.#room = options.room ?? 4
    this.#next = options.first ?? 1
    writeFileSync(path, '')
    this.#fd = openSync(path, 'r+')
    const header = this.#header
    header.write('LPKSHHRH', 'latin1')
    header.writeUInt32LE(FILE_FLAGS[this.#compression] | (options.keyed === true ? 4 : 0) | (this.#compact ? 16 : 0), 12)
    header[16] = 1
    Buffer.from(options.seqnumId ?? 'aa'.repeat(16), 'hex').copy(header, 72)
    header.writeBigUInt64LE(BigInt(HEADER), 88)
    this.#writeHeader()
  }

  /** Appends an entry; `realtime` is microseconds. Returns its number. */
  add (fields: readonly Field[], realtime: number): number {
    const offsets = fields.map(([name, value]) => this.#field(Buffer.concat([Buffer.from(`${name}=`), Buffer.from(value)])))
    const width = this.#compact ? 4 : 16
    const entry = Buffer.alloc(64 + offsets.length * width)
    entry[0] = 3
    u64(entry, 8, entry.length)
    u64(entry, 16, this.#next)
    u64(entry, 24, realtime)
    offsets.forEach((offset, i) => this.#compact ? entry.writeUInt32LE(offset, 64 + i * width) : u64(entry, 64 + i * width, offset))
    this.#link(this.#object(entry))
    const header = this.#header
    u64(header, 152, ++this.#entries)
    if (this.#entries === 1) {
      u64(header, 168, this.#next)
      u64(header, 184, realtime)
    }
    u64(header, 160, this.#next)
    u64(header, 192, realtime)
    this.#writeHeader()
    return this.#next++
  }

  /** Marks the file as rotated and closes it. */
  archive (): void {
    this.#header[16] = 2
    this.#writeHeader()
    this.close()
  }

  close (): void {
    closeSync(this.#fd)
  }

  /** Writes over the file, to damage it. */
  overwrite (at: number, bytes: Buffer): void {
    writeSync(this.#fd, bytes, 0, bytes.length, at)
  }

  /** Offset of a field that was written. */
  offsetOf (text: string): number {
    return this.#data.get(text)?.offset ?? 0
  }

  #field (payload: Buffer): number {
    const text = payload.toString('latin1')
    const known = this.#data.get(text)
    if (known !== undefined) {
      const users = Buffer.alloc(8)
      u64(users, 0, ++known.users)
      this.overwrite(known.offset + 56, users)
      return known.offset
    }
    const packed = payload.length > 64 && this.#compression !== 'none' ? this.#compress(payload) : payload
    const head = this.#compact ? 72 : 64
    const object = Buffer.alloc(head + packed.length)
    object[0] = 1
    object[1] = packed === payload ? 0 : FLAGS[this.#compression]
    u64(object, 8, object.length)
    u64(object, 56, 1)
    packed.copy(object, head)
    const offset = this.#object(object)
    this.#data.set(text, { offset, users: 1 })
    return offset
  }

  #compress (payload: Buffer): Buffer {
    if (this.#compression === 'zstd') return zstdCompressSync(payload)
    if (this.#compression === 'lz4') return lz4(payload)
    if (this.#pack === undefined) throw new Error('xz needs a packer')
    return this.#pack(payload)
  }

  #link (entry: number): void {
    const width = this.#compact ? 4 : 8
    if (this.#array === 0 || this.#inArray === this.#room) {
      if (this.#array !== 0) this.#room *= 2
      const array = Buffer.alloc(24 + this.#room * width)
      array[0] = 6
      u64(array, 8, array.length)
      const offset = this.#object(array)
      if (this.#array === 0) u64(this.#header, 176, offset)
      else {
        const next = Buffer.alloc(8)
        u64(next, 0, offset)
        this.overwrite(this.#array + 16, next)
      }
      this.#array = offset
      this.#inArray = 0
    }
    const item = Buffer.alloc(width)
    if (this.#compact) item.writeUInt32LE(entry)
    else u64(item, 0, entry)
    this.overwrite(this.#array + 24 + this.#inArray++ * width, item)
  }

  #object (bytes: Buffer): number {
    const offset = this.#end
    this.overwrite(offset, Buffer.concat([bytes, Buffer.alloc((8 - bytes.length % 8) % 8)]))
    this.#end = offset + ((bytes.length + 7) & ~7)
    return offset
  }

  #writeHeader (): void {
    this.overwrite(0, this.#header)
  }
}

function u64 (bytes: Buffer, at: number, value: number): void {
  bytes.writeBigUInt64LE(BigInt(value), at)
}

/** Behind its length, one block: literals, then, when the last byte repeats, a match that overlaps itself. */
function lz4 (bytes: Buffer): Buffer {
  const last = bytes.at(-1)
  let run = 0
  while (run < bytes.length - 20 && bytes[bytes.length - 1 - run] === last) run++
  const head = Buffer.alloc(8)
  u64(head, 0, bytes.length)
  const parts: Buffer[] = [head]
  const token = (literals: Buffer, match: number): void => {
    const lengths = [literals.length, match].map((length) => length >= 15 ? 15 : length)
    parts.push(Buffer.of((lengths[0]! << 4) | lengths[1]!), more(literals.length), literals)
  }
  // a block ends with at least five literals
  const matched = run - 6
  if (matched > 4) {
    token(bytes.subarray(0, bytes.length - run + 1), matched - 4)
    parts.push(Buffer.of(1, 0), more(matched - 4))
    token(bytes.subarray(bytes.length - 5), 0)
  } else token(bytes, 0)
  return Buffer.concat(parts)
}

function more (length: number): Buffer {
  if (length < 15) return Buffer.alloc(0)
  const rest = length - 15
  return Buffer.concat([Buffer.alloc(Math.floor(rest / 255), 255), Buffer.of(rest % 255)])
}
