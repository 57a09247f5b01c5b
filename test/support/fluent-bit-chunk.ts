/** Chunk files as Fluent Bit's filesystem buffer has them; the layout is that of src/agent/fluent-bit-backlog/chunk.ts. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

export interface ChunkOptions {
  readonly tag: string
  readonly records: readonly Buffer[]
  /** 0 logs, 1 metrics … */
  readonly type?: number
  /** Zeros behind the content, as in a file that was made larger than it needed to be. */
  readonly slack?: number
  /** Routes behind the tag. */
  readonly routes?: Buffer
  /** As before 1.8: only the tag, and no length of the content. */
  readonly old?: boolean
}

export function chunkBytes (options: ChunkOptions): Buffer {
  const { tag, records, type = 0, slack = 0, routes, old = false } = options
  const content = Buffer.concat(records)
  const head = Buffer.from([0xf1, 0x77, type, routes === undefined ? 0 : 3])
  const metadata = Buffer.concat([...(old ? [] : [head]), Buffer.from(tag), ...(routes === undefined ? [] : [Buffer.from([0]), routes])])
  const header = Buffer.alloc(24)
  header.set([0xc1, 0x00, 0xff, 0x12, 0xd9, 0x41])
  if (!old) header.writeUInt32BE(content.length, 10)
  header.writeUInt16BE(metadata.length, 22)
  return Buffer.concat([header, metadata, content, Buffer.alloc(slack)])
}

let made = 0

/** Writes a chunk file as an input of this name would; later ones have later names. Returns its path. */
export function writeChunk (storage: string, input: string, options: ChunkOptions): string {
  const folder = path.join(storage, input)
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, `1-1700000000.${String(++made).padStart(9, '0')}.flb`)
  writeFileSync(file, chunkBytes(options))
  return file
}

/** `[[time, {}], body]`, bodies of less than 16 short texts only. */
export function eventBytes (body: Readonly<Record<string, string>>, seconds = 1_700_000_000, nanos = 5): Buffer {
  const time = Buffer.from([0xd7, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  time.writeUInt32BE(seconds, 2)
  time.writeUInt32BE(nanos, 6)
  const entries = Object.entries(body)
  return Buffer.concat([Buffer.from([0x92, 0x92]), time, Buffer.from([0x80, 0x80 | entries.length]), ...entries.flat().map(text)])
}

function text (value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([0xd9, bytes.length]), bytes])
}
