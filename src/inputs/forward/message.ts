/**
 * Messages of the forward protocol (Fluentd, Forward Protocol Specification v1): `[tag, time, record, options]`,
 * `[tag, [[time, record], …], options]` or `[tag, bytes of such entries, options]`, the bytes compressed or not.
 */
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { ByteWriter } from '../../lib/byte-writer.ts'
import { MsgpackReader, readEvent, type Event } from '../../event/msgpack.ts'
import { Malformed, Splitter } from './splitter.ts'

/** A compressed message is no larger when unpacked. */
const LARGEST = 128 * 1024 * 1024

export interface Message {
  readonly tag: string
  /** What the sender wants to be told when the message is safe. */
  readonly chunk: string | undefined
  /** 0 logs, 1 metrics, 2 traces. */
  readonly signal: number
  readonly entries: Entries
}

/** Events one behind the other. */
interface Entries {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  /** Time and record stand for themselves: there is no array around them. */
  readonly bare: boolean
}

const text = new ByteWriter(1024)

/** Undefined for a heartbeat. Throws Malformed for what is no message. */
export function readMessage(bytes: Buffer): Message | undefined {
  if (bytes[0] === 0xc0) return undefined
  const reader = new MsgpackReader(bytes, 0, bytes.length)
  return attempt(() => {
    const items = reader.container(0x90, 0xdc)
    if (items < 2 || items > 4) throw new Malformed('an array of another length')
    const tag: unknown = JSON.parse(reader.json(text))
    if (typeof tag !== 'string') throw new Malformed('a tag that is no text')
    const head = reader.peek()
    const isList = (head & 0xf0) === 0x90 || head === 0xdc || head === 0xdd
    const isPacked = (head & 0xe0) === 0xa0 || (head >= 0xd9 && head <= 0xdb) || (head >= 0xc4 && head <= 0xc6)
    const start = reader.at
    const values = isList || isPacked ? 1 : 2
    let end = start
    for (let i = 0; i < values; i++) end += sizeOf(bytes.subarray(end))
    reader.at = end
    const options = items > 1 + values && reader.peek() !== 0xc0 ? JSON.parse(reader.json(text)) as Options : {}
    return {
      tag,
      chunk: typeof options.chunk === 'string' ? options.chunk : undefined,
      signal: Number(options.fluent_signal ?? 0),
      entries: isPacked ? unpack(bytes, start, end, options.compressed) : { bytes, start: isList ? behindHead(bytes, start) : start, end, bare: !isList }
    }
  })
}

interface Options {
  readonly chunk?: unknown
  readonly compressed?: unknown
  readonly fluent_signal?: unknown
}

function attempt<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof Malformed ? error : new Malformed((error as Error).message || 'no message')
  }
}

function sizeOf(bytes: Buffer): number {
  const size = new Splitter().find(bytes, bytes.length)
  if (size < 0) throw new Malformed('a value without an end')
  return size
}

function behindHead(bytes: Buffer, at: number): number {
  const head = bytes[at]!
  return at + (head === 0xdc ? 3 : head === 0xdd ? 5 : 1)
}

function unpack(bytes: Buffer, start: number, end: number, compressed: unknown): Entries {
  const head = bytes[start]!
  const width = head < 0xc0 ? 0 : 1 << (head < 0xc7 ? head - 0xc4 : head - 0xd9)
  const inner = bytes.subarray(start + 1 + width, end)
  const limit = { maxOutputLength: LARGEST }
  const plain = compressed === 'gzip' ? gunzipSync(inner, limit) : compressed === 'zstd' ? zstdDecompressSync(inner, limit) : inner
  return { bytes: plain, start: 0, end: plain.length, bare: false }
}

/**
 * Calls `take` for each event with its body as the text of a JSON object. Returns false when the rest is no event any
 * more; what came before is taken.
 */
export function eachEvent({ bytes, start, end, bare }: Entries, body: ByteWriter, take: (event: Event) => void): boolean {
  if (bare) {
    try {
      const reader = new MsgpackReader(bytes, start, end)
      const { seconds, nanos } = reader.time()
      body.reset()
      reader.object(body)
      take({ seconds, nanos, metadata: '', end, isMark: false })
      return true
    } catch {
      return false
    }
  }
  for (let at = start; at < end;) {
    const event = readEvent(bytes, at, end, body)
    if (event === undefined) return false
    if (!event.isMark) take(event)
    at = event.end
  }
  return true
}
