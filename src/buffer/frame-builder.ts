/**
 * Builds a frame from records: encodes each one once, straight into the memory the frame keeps.
 */
import type { Constant } from '../event/constant.ts'
import { bodyRoom, encodeBody, holesOf, type ConstantSink } from '../event/encode.ts'
import { HEADER, HOLE } from '../event/encoded.ts'
import type { InputTerms } from '../event/ledger.ts'
import { allocate } from '../event/kernel.ts'
import type { Record } from '../event/record.ts'
import type { Stream } from '../event/stream.ts'
import { FRAME_HEADER, MAGIC, closing, makeFrame, sealFrame, type Directory, type Frame, type Section, type StreamEntry } from './frame.ts'
import { SLAB_SIZE, type SlabPool } from './slab-pool.ts'

/** Tag and outputs of a run of records. The builder keeps its own bookkeeping on it. */
export class Route {
  readonly tag: string
  readonly outputs: readonly string[]
  frame = -1
  tagSlot = 0
  routeSlot = 0

  constructor(tag: string, outputs: readonly string[]) {
    this.tag = tag
    this.outputs = outputs
  }
}

/** Distinguishes the frames of all builders in the bookkeeping of streams, routes and constants. */
let lastFrame = 0

export class FrameBuilder implements ConstantSink {
  readonly #pool: SlabPool
  /** Where frames are built: in the kernel's memory. A finished one moves out, so that one place serves all. */
  readonly #desk = allocate(SLAB_SIZE)
  readonly #deskWords = wordsOf(this.#desk)
  #bytes = this.#desk
  #words = this.#deskWords
  #at = FRAME_HEADER
  #id = ++lastFrame
  #records = 0
  #tags: string[] = []
  #routes: (readonly string[])[] = []
  #streams: Stream[] = []
  #entries: StreamEntry[] = []
  #ranges: [number, number, number][] = []
  #constants: Constant[] = []
  #sections: Section[] = []
  #route: Route | null = null
  #sectionStart = 0
  #sectionRecords = 0
  #firstSecond = 0
  #lastSecond = 0
  /** Holes of the record that is being encoded: offset, constant, offset, constant … */
  #holes = new Uint32Array(16)
  #holeWords = 0
  #constantBytes = 0

  constructor(pool: SlabPool) {
    this.#pool = pool
  }

  /** Nothing is in it: no record, no range, no news of a stream. */
  get isEmpty(): boolean {
    return this.#streams.length === 0
  }

  get records(): number {
    return this.#records
  }

  /** Bytes of records so far. */
  get size(): number {
    return this.#at
  }

  /** Makes the stream known to this frame. */
  mention(stream: Stream): void {
    if (stream.frame === this.#id) return
    stream.frame = this.#id
    stream.slot = this.#streams.length
    stream.from = stream.to = 0
    this.#streams.push(stream)
  }

  /** Says that `[from, to)` of the stream is dealt with by this frame. */
  cover(stream: Stream, from: number, to: number): void {
    if (stream.frame !== this.#id) this.mention(stream)
    if (from === stream.to) {
      stream.to = to
      return
    }
    if (stream.to > stream.from) this.#ranges.push([stream.slot, stream.from, stream.to])
    stream.from = from
    stream.to = to
  }

  /** Encodes the record. `start` and `end` are the source bytes that identify it. */
  append(record: Record, route: Route, stream: Stream, start: number, end: number, ordinal: number): void {
    if (route !== this.#route || route.frame !== this.#id) this.#openSection(route, record.seconds)
    if (stream.frame !== this.#id) this.mention(stream)
    const at = this.#at
    const bodyEnd = this.#encode(record, at)
    const holes = this.#holeWords >>> 1
    const words = this.#words
    const word = at >>> 2
    const size = (bodyEnd - at + 3) & ~3
    words[word] = size
    words[word + 1] = record.seconds
    words[word + 2] = record.nanos
    words[word + 3] = start >>> 0
    words[word + 4] = Math.floor(start / 0x1_0000_0000) | (stream.slot << 16)
    words[word + 5] = end - start
    words[word + 6] = bodyEnd - this.#bodyStart
    words[word + 7] = ordinal | (holes << 16)
    for (let h = 0; h < holes * 2; h++) words[word + 8 + h] = this.#holes[h]!
    for (let i = bodyEnd; i < at + size; i++) this.#bytes[i] = 0
    this.#at = at + size
    this.#records++
    this.#sectionRecords++
    if (record.seconds < this.#firstSecond) this.#firstSecond = record.seconds
    if (record.seconds > this.#lastSecond) this.#lastSecond = record.seconds
  }

  #bodyStart = 0

  /** Writes holes' room, metadata and body behind the header at `at`; returns the end of the body. */
  #encode(record: Record, at: number): number {
    const bodySize = bodyRoom(record)
    const constants = holesOf(record)
    const room = HEADER + constants * HOLE + 2 + record.metadata.length * 3 + bodySize + 4
    if (at + room > this.#bytes.length) this.#grow(at + room)
    const out = this.#bytes
    this.#holeWords = 0
    let p = at + HEADER + constants * HOLE
    const metadata = record.metadata === '' ? 0 : out.write(record.metadata, p + 2)
    out[p] = metadata & 0xff
    out[p + 1] = metadata >>> 8
    p += 2 + metadata
    this.#bodyStart = p
    return encodeBody(record, out, p, this)
  }

  /** Called by the encoder: a constant belongs at `at` of the body. */
  hole(at: number, constant: Constant): void {
    const words = this.#holeWords
    if (words === this.#holes.length) this.#holes = widen(this.#holes)
    this.#holes[words] = at
    this.#holes[words + 1] = this.#constantSlot(constant)
    this.#holeWords = words + 2
  }

  #constantSlot(constant: Constant): number {
    if (constant.frame !== this.#id) {
      constant.frame = this.#id
      constant.slot = this.#constants.length
      this.#constants.push(constant)
      this.#constantBytes += constant.bytes.length
    }
    return constant.slot
  }

  #openSection(route: Route, second: number): void {
    this.#closeSection()
    if (route.frame !== this.#id) {
      route.frame = this.#id
      route.tagSlot = slotOf(this.#tags, route.tag)
      route.routeSlot = this.#routes.indexOf(route.outputs)
      if (route.routeSlot < 0) route.routeSlot = this.#routes.push(route.outputs) - 1
    }
    this.#route = route
    this.#sectionStart = this.#at
    this.#sectionRecords = 0
    this.#firstSecond = this.#lastSecond = second
  }

  #closeSection(): void {
    const route = this.#route
    if (route === null || this.#sectionRecords === 0) return
    this.#sections.push([
      this.#sectionStart, this.#at, this.#sectionRecords, route.tagSlot, route.routeSlot, this.#firstSecond, this.#lastSecond
    ])
    this.#route = null
  }

  #grow(least: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(least + 4 - (least & 3), this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
    this.#words = wordsOf(larger)
  }

  /** Closes the frame under its sequence number and begins the next one; `checksum` when it goes to disk. */
  finish(sequence: number, ledger?: { readonly [input: string]: InputTerms }, checksum = true): Frame {
    this.#closeSection()
    const constants = this.#writeConstants()
    const directory = this.#directory(constants, ledger)
    const text = Buffer.from(JSON.stringify(directory))
    const end = (this.#at + text.length + 3) & ~3
    if (end > this.#bytes.length) this.#grow(end)
    const bytes = this.#bytes
    text.copy(bytes, this.#at)
    bytes.fill(0, this.#at + text.length, end)
    bytes.writeUInt32LE(MAGIC, 0)
    bytes.writeUInt32LE(end, 4)
    bytes.writeUInt32LE(this.#at, 12)
    bytes.writeUInt32LE(text.length, 16)
    bytes.writeUInt32LE(this.#records, 28)
    const frame = this.#handOver(end, directory, sequence, checksum)
    this.#begin()
    return frame
  }

  /** A frame that nearly fills a slab is given one; a small one what it needs, so that slabs are not spent on crumbs. */
  #handOver(end: number, directory: Directory, sequence: number, checksum: boolean): Frame {
    const built = this.#bytes
    this.#bytes = this.#desk
    this.#words = this.#deskWords
    if (built !== this.#desk || end * 2 < SLAB_SIZE) {
      const own = Buffer.allocUnsafeSlow(end)
      built.copy(own, 0, 0, end)
      sealFrame(own, sequence, checksum)
      return makeFrame(own, directory, () => {})
    }
    const slab = this.#pool.take()
    built.copy(slab, 0, 0, end)
    const bytes = slab.subarray(0, end)
    sealFrame(bytes, sequence, checksum)
    let released = false
    return makeFrame(bytes, directory, () => {
      if (!released) this.#pool.give(slab)
      released = true
    })
  }

  #writeConstants(): number[] {
    const places: number[] = []
    if (this.#at + this.#constantBytes > this.#bytes.length) this.#grow(this.#at + this.#constantBytes)
    for (const { bytes } of this.#constants) {
      places.push(this.#at, this.#at + bytes.length)
      bytes.copy(this.#bytes, this.#at)
      this.#at += bytes.length
    }
    return places
  }

  #directory(constants: number[], ledger: { readonly [input: string]: InputTerms } | undefined): Directory {
    for (const stream of this.#streams) {
      if (stream.to > stream.from) this.#ranges.push([stream.slot, stream.from, stream.to])
      this.#entries.push(entry(stream))
    }
    return {
      tags: this.#tags,
      routes: this.#routes,
      streams: this.#entries,
      sections: this.#sections,
      ranges: mergeRanges(this.#ranges),
      constants,
      ...(ledger === undefined ? {} : { ledger })
    }
  }

  #begin(): void {
    this.#id = ++lastFrame
    this.#at = FRAME_HEADER
    this.#records = 0
    this.#tags = []
    this.#routes = []
    this.#streams = []
    this.#entries = []
    this.#ranges = []
    this.#constants = []
    this.#constantBytes = 0
    this.#sections = []
    this.#route = null
  }
}

function wordsOf(bytes: Buffer<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2)
}

function widen(old: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const wide = new Uint32Array(old.length * 2)
  wide.set(old)
  return wide
}

function entry(stream: Stream): StreamEntry {
  const { uid, generation, identity, declared } = stream
  stream.declared = true
  return { uid, generation, ...(declared ? {} : { identity }), ...closing(stream) }
}

function slotOf(list: string[], text: string): number {
  const at = list.indexOf(text)
  return at >= 0 ? at : list.push(text) - 1
}

/** Sorts ranges by stream and offset and joins those that touch. */
export function mergeRanges(ranges: [number, number, number][]): [number, number, number][] {
  ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const merged: [number, number, number][] = []
  let last: [number, number, number] | undefined
  for (const range of ranges) {
    if (last !== undefined && last[0] === range[0] && range[1] <= last[2]) last[2] = Math.max(last[2], range[2])
    else merged.push((last = range))
  }
  return merged
}
