/**
 * Record batches, format 2 (https://kafka.apache.org/documentation/#recordbatch), built as bytes and read as views. All
 * numbers big-endian:
 *
 *      0  i64  base offset (0: the broker sets it)
 *      8  i32  length of what follows
 *     12  i32  epoch of the leader (-1)
 *     16  i8   format, 2
 *     17  u32  CRC-32C of everything from 21 on
 *     21  i16  attributes: bits 0-2 codec, 3 time of the log, 4 transactional, 5 control
 *     23  i32  offset of the last record, from the base
 *     27  i64  time of the first record, ms
 *     35  i64  largest time, ms
 *     43  i64  producer id (-1)       \
 *     51  i16  producer epoch (-1)     > idempotence
 *     53  i32  first sequence (-1)    /
 *     57  i32  number of records
 *     61  records, compressed as a whole when there is a codec
 *
 * A record: varint length of what follows; i8 attributes; varlong time and varint offset from the batch's; key and value,
 * each behind its varint length (-1: null); varint number of headers, each a text and bytes behind their lengths.
 */
import { CODECS, compress, decompress, type Codec } from './compression.ts'
import { crc32c } from './crc32c.ts'
import { WireError, WireReader, WireWriter, varintSize, writeInt64, writeVarint } from './wire.ts'

export const BATCH_HEADER = 61
const LENGTH = 8
const LEADER_EPOCH = 12
const FORMAT = 16
const CRC = 17
const ATTRIBUTES = 21
const LAST_OFFSET = 23
const FIRST_TIME = 27
const LARGEST_TIME = 35
const PRODUCER_ID = 43
const PRODUCER_EPOCH = 51
const SEQUENCE = 53
const COUNT = 57
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

/** Bytes of a record beside key, value and headers, at most. */
export const RECORD_OVERHEAD = 32

/**
 * Builds batches, one behind the other. A record is written in three steps, so that its value goes straight to its place:
 * `open` with what its value takes at most, then the caller writes the value behind `length`, then `close`.
 */
export class BatchWriter extends WireWriter {
  /** Records of the open batch. */
  count = 0
  #batchStart = 0
  #recordStart = 0
  #valueStart = 0
  #headSize = 0

  /** Begins a batch. */
  begin(): void {
    this.reserve(BATCH_HEADER)
    this.#batchStart = this.length
    this.length += BATCH_HEADER
    this.count = 0
  }

  /** Bytes of the open batch. */
  get size(): number {
    return this.length - this.#batchStart
  }

  /** Begins a record: `room` bytes of value are expected at most and reserved, though it may be more. */
  open(key: Buffer | null, room: number, headers: number): void {
    const head = this.#headOf(key, room, headers)
    this.reserve(head + room + headers)
    this.#recordStart = this.length
    this.#headSize = head
    this.length += head
    this.#valueStart = this.length
  }

  /** Bytes in front of a value of this size, the record's length included. */
  #headOf(key: Buffer | null, value: number, headers: number): number {
    const rest = this.#restOf(key, value)
    return varintSize(rest + value + headers) + rest
  }

  /** The same without the record's length. */
  #restOf(key: Buffer | null, value: number): number {
    return 2 + varintSize(this.count) + (key === null ? 1 : varintSize(key.length) + key.length) + varintSize(value)
  }

  /**
   * Ends a record whose value is what stands behind `open`; what is in front of it is written now that its size is known.
   * `headers` holds the record's headers, their number first, in its first `headersLength` bytes.
   */
  close(key: Buffer | null, headers: Buffer, headersLength: number): void {
    const value = this.length - this.#valueStart
    const head = this.#headOf(key, value, headersLength)
    this.reserve(headersLength + RECORD_OVERHEAD)
    const out = this.bytes
    if (head !== this.#headSize) {
      // the expected size takes another number of digits: seldom
      out.copyWithin(this.#recordStart + head, this.#valueStart, this.length)
      this.length += head - this.#headSize
    }
    const length = this.#restOf(key, value) + value + headersLength
    let at = writeVarint(length, out, this.#recordStart)
    // attributes, and the time: all records of a batch have the batch's
    out[at++] = 0
    out[at++] = 0
    at = writeVarint(this.count, out, at)
    if (key === null) out[at++] = 1
    else {
      at = writeVarint(key.length, out, at)
      at += key.copy(out, at)
    }
    writeVarint(value, out, at)
    this.length += headers.copy(out, this.length, 0, headersLength)
    this.count++
  }

  /** Takes back the record that was opened last. */
  undo(): void {
    this.length = this.#recordStart
  }

  /** Takes back the record that was closed last. */
  takeBack(): void {
    this.length = this.#recordStart
    this.count--
  }

  /** Ends the batch; `seal` does the rest. `millis` is the time of all its records. Returns where it begins. */
  finish(millis: number): number {
    writeHeader(this.bytes.subarray(this.#batchStart), this.size, this.count, millis)
    return this.#batchStart
  }
}

function writeHeader(bytes: Buffer, length: number, count: number, millis: number): void {
  bytes.fill(0, 0, LENGTH)
  bytes.writeInt32BE(length - LEADER_EPOCH, LENGTH)
  bytes.writeInt32BE(-1, LEADER_EPOCH)
  bytes[FORMAT] = 2
  bytes.writeInt16BE(0, ATTRIBUTES)
  bytes.writeInt32BE(count - 1, LAST_OFFSET)
  writeInt64(millis, bytes, FIRST_TIME)
  writeInt64(millis, bytes, LARGEST_TIME)
  bytes.writeInt32BE(count, COUNT)
}

/** A finished batch in compressed form, as bytes of its own. */
export async function compressBatch(batch: Buffer, codec: Codec, level: number | undefined): Promise<Buffer> {
  if (codec === 'none') return batch
  const packed = await compress(codec, batch.subarray(BATCH_HEADER), level)
  const small = Buffer.allocUnsafe(BATCH_HEADER + packed.length)
  batch.copy(small, 0, 0, BATCH_HEADER)
  packed.copy(small, BATCH_HEADER)
  small.writeInt32BE(small.length - LEADER_EPOCH, LENGTH)
  small.writeInt16BE(CODECS.indexOf(codec), ATTRIBUTES)
  return small
}

/** Who sends a batch, so that the broker knows one that it has: all -1 when it need not. */
export interface Sequence {
  readonly producerId: bigint
  readonly epoch: number
  readonly first: number
}

export const NO_SEQUENCE: Sequence = { producerId: -1n, epoch: -1, first: -1 }

/** Sets the sequence and the checksum: the batch is ready to be sent. */
export function seal(batch: Buffer, { producerId, epoch, first }: Sequence): void {
  batch.writeBigInt64BE(producerId, PRODUCER_ID)
  batch.writeInt16BE(epoch, PRODUCER_EPOCH)
  batch.writeInt32BE(first, SEQUENCE)
  batch.writeUInt32BE(crc32c(batch, ATTRIBUTES), CRC)
}

export interface RecordView {
  readonly offset: number
  /** Unix time in milliseconds. */
  readonly time: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[]
}

export interface BatchView {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly producerId: bigint
  readonly transactional: boolean
  /** It marks the end of a transaction and has no records. */
  readonly control: boolean
  readonly records: readonly RecordView[]
}

/**
 * Reads the batches of a fetched piece of a log; the last one may be cut short and is left out. Throws WireError for
 * bytes that are no batch or whose checksum is wrong. Batches of control records are empty.
 */
export function* readBatches(bytes: Buffer): Generator<BatchView> {
  let at = 0
  while (at + BATCH_HEADER <= bytes.length) {
    const end = at + LEADER_EPOCH + bytes.readInt32BE(at + LENGTH)
    if (bytes[at + FORMAT] !== 2) throw new WireError(`records of format ${bytes[at + FORMAT]!}; only those of Kafka 0.11 and later are read`)
    if (end < at + BATCH_HEADER) throw new WireError('a batch is shorter than its header')
    if (end > bytes.length) return
    yield readBatch(bytes.subarray(at, end))
    at = end
  }
}

function readBatch(batch: Buffer): BatchView {
  const crc = batch.readUInt32BE(CRC)
  if (crc32c(batch, ATTRIBUTES) !== crc) throw new WireError('the checksum of a batch is wrong')
  const attributes = batch.readInt16BE(ATTRIBUTES)
  const baseOffset = new WireReader(batch).int64()
  const lastOffset = baseOffset + batch.readInt32BE(LAST_OFFSET)
  const head = {
    baseOffset,
    lastOffset,
    producerId: batch.readBigInt64BE(PRODUCER_ID),
    transactional: (attributes & TRANSACTIONAL) !== 0,
    control: (attributes & CONTROL) !== 0
  }
  if (head.control) return { ...head, records: [] }
  const codec = CODECS[attributes & 7]
  if (codec === undefined) throw new WireError(`a batch is compressed in an unknown way (${attributes & 7})`)
  const firstTime = new WireReader(batch, FIRST_TIME).int64()
  const logTime = (attributes & 8) === 0 ? undefined : new WireReader(batch, LARGEST_TIME).int64()
  const reader = new WireReader(decompress(codec, batch.subarray(BATCH_HEADER)))
  const records = readRecords(reader, batch.readInt32BE(COUNT), baseOffset, firstTime, logTime)
  return { ...head, records }
}

/** The records of a batch that was finished here and not compressed. */
export function recordsOf(batch: Buffer): RecordView[] {
  return readRecords(new WireReader(batch, BATCH_HEADER), batch.readInt32BE(COUNT), 0, new WireReader(batch, FIRST_TIME).int64(), undefined)
}

function readRecords(reader: WireReader, count: number, baseOffset: number, firstTime: number, logTime: number | undefined): RecordView[] {
  const records: RecordView[] = []
  for (let i = count; i > 0; i--) {
    const end = reader.varint() + reader.at
    reader.int8()
    const time = firstTime + reader.varlong()
    const offset = baseOffset + reader.varint()
    const key = varblob(reader)
    const value = varblob(reader)
    const headers: [string, Buffer | null][] = []
    for (let h = reader.varint(); h > 0; h--) headers.push([varblob(reader)?.toString() ?? '', varblob(reader)])
    if (reader.at !== end) throw new WireError('a record is not as long as it says')
    records.push({ offset, time: logTime ?? time, key, value, headers })
  }
  return records
}

function varblob(reader: WireReader): Buffer | null {
  const length = reader.varint()
  return length < 0 ? null : reader.take(length)
}
