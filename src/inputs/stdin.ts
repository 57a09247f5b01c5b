/**
 * stdin: reads standard input. Without a parser it takes JSON objects, one after the other, with or without newlines
 * between them; with one, each line is parsed.
 */
import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import { PluginError } from '../plugin/context.ts'
import { defineInput, type Input, type InputContext, type TagHandle } from '../plugin/input.ts'
import type { Fields, OptionsOf } from '../config/fields.ts'
import { scanObject, skipValue } from '../event/json-scan.ts'
import { BLOCK, RAW_TEXT } from '../event/record.ts'
import type { Key } from '../event/pool.ts'
import type { Stream } from '../event/stream.ts'
import type { Parser } from '../plugin/parser.ts'

/** What is kept of a begun object or line at most. */
const LIMIT = 8 * 1024 * 1024
const NEWLINE = 10

const options = {
  'parser': { kind: 'string', example: 'logfmt', doc: 'Parser for each line; without one the input is JSON objects.' },
  'buffer_size': {
    kind: 'size', default: 16_000, example: '64K', doc: 'Bytes read at once.',
    withoutEffect: 'Node reads standard input in blocks of its own and longer lines are taken whole'
  }
} as const satisfies Fields

export default defineInput({
  name: 'stdin',
  summary: 'Reads JSON objects or lines from standard input.',
  options,
  examples: [{ title: 'Lines', config: 'name: stdin\ntag: app\nparser: logfmt' }],
  volatile: true,
  create: (values, context) => new Stdin(values, context, process.stdin)
})

/** Reads any readable stream as standard input is read. */
export class Stdin implements Input {
  readonly #context: InputContext
  readonly #source: Readable
  readonly #parser: Parser | null
  readonly #key: Key
  readonly #tag: TagHandle
  readonly #stream: Stream
  #rest: Buffer = Buffer.alloc(0)
  /** Offset of `#rest` in the input. */
  #offset = 0
  #ended = false

  constructor(values: OptionsOf<typeof options>, context: InputContext, source: Readable) {
    this.#context = context
    this.#source = source
    const parser = values.parser === undefined ? null : context.parser(values.parser)
    if (parser === undefined) throw new PluginError(`there is no parser ${values.parser}`, 'parser')
    this.#parser = parser
    this.#key = context.pool.key('log')
    this.#tag = context.ingest.tag(context.tag)
    this.#stream = context.ingest.openStream({ input: context.name, path: 'stdin', marks: {} })
  }

  async start(): Promise<void> {
    await this.#tag.ready
    this.#source.on('data', (chunk: Buffer | string) => this.#read(typeof chunk === 'string' ? Buffer.from(chunk) : chunk))
    this.#source.once('end', () => this.#end())
    this.#source.once('error', (error: Error) => {
      this.#context.log.error('Standard input cannot be read.', { reason: error.message })
      this.#end()
    })
    // another instance may have paused it
    this.#source.resume()
  }

  async stop(_deadline: number, handsOver = false): Promise<void> {
    this.#source.pause()
    for (const event of ['data', 'end', 'error']) this.#source.removeAllListeners(event)
    // what begins a line or an object is for the one who reads its end
    if (handsOver && this.#rest.length > 0 && !this.#ended) this.#source.unshift(this.#rest)
    else this.#takeRest()
    this.#context.ingest.closeStream(this.#stream)
    this.#context.ingest.commit()
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let used = this.#parser === null ? this.#takeObjects(bytes) : this.#takeLines(bytes)
    if (bytes.length - used > LIMIT) {
      this.#context.ingest.drop('long_line', 1)
      this.#context.ingest.cover(this.#stream, this.#offset + used, this.#offset + bytes.length)
      used = bytes.length
    }
    this.#rest = bytes.subarray(used)
    this.#offset += used
    const { ingest } = this.#context
    ingest.commit()
    if (ingest.hasRoom()) return
    this.#source.pause()
    ingest.whenRoom(() => this.#source.resume())
  }

  /** Takes whole objects; what is no object is left out up to the next newline. Returns the bytes used. */
  #takeObjects(bytes: Buffer): number {
    let at = 0
    for (;;) {
      while (at < bytes.length && bytes[at]! <= 0x20) at++
      if (at === bytes.length) return at
      const newline = bytes.indexOf(NEWLINE, at)
      const end = bytes[at] === 0x7b ? skipValue(bytes, at, bytes.length) : -1
      if (end > 0 && isUtf8(bytes.subarray(at, end))) {
        this.#object(bytes, at, end)
        at = end
      } else if (bytes[at] === 0x7b && !this.#ended && mayGoOn(bytes, at)) return at
      else if (newline < 0 && !this.#ended) return at
      else {
        const next = newline < 0 ? bytes.length : newline + 1
        this.#context.ingest.drop('invalid_json', 1)
        this.#context.ingest.cover(this.#stream, this.#offset + at, this.#offset + next)
        at = next
      }
    }
  }

  #object(bytes: Buffer, start: number, end: number): void {
    const { ingest } = this.#context
    const { record } = ingest
    record.useBlock(bytes)
    now(record)
    scanObject(record, BLOCK, start, end)
    ingest.emit(this.#tag, this.#stream, this.#offset + start, this.#offset + end)
  }

  #takeLines(bytes: Buffer): number {
    let at = 0
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, at)
      if (newline < 0) return at
      this.#line(bytes, at, newline, newline + 1)
      at = newline + 1
    }
  }

  #line(bytes: Buffer, start: number, end: number, next: number): void {
    const { ingest } = this.#context
    const { record } = ingest
    const text = isUtf8(bytes.subarray(start, end)) ? bytes.subarray(start, end) : Buffer.from(bytes.toString('utf8', start, end))
    const length = text.length > 0 && text[text.length - 1] === 13 ? text.length - 1 : text.length
    record.useBlock(text)
    now(record)
    if (!this.#parser!.parse(record, BLOCK, 0, length)) record.append(this.#key, BLOCK, 0, length, RAW_TEXT)
    ingest.emit(this.#tag, this.#stream, this.#offset + start, this.#offset + next)
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#takeRest()
    this.#context.ingest.commit()
    this.#context.finish(0)
  }

  #takeRest(): void {
    if (this.#rest.length === 0) return
    this.#ended = true
    const bytes = this.#rest
    this.#rest = Buffer.alloc(0)
    if (this.#parser !== null) this.#line(bytes, 0, bytes.length, bytes.length)
    else this.#takeObjects(bytes)
  }
}

/** Whether what begins at `start` lacks only its end. */
function mayGoOn(bytes: Buffer, start: number): boolean {
  let depth = 0
  let quoted = false
  for (let at = start; at < bytes.length; at++) {
    const c = bytes[at]!
    if (quoted) {
      if (c === 0x5c) at++
      else if (c === 0x22) quoted = false
    } else if (c === 0x22) quoted = true
    else if (c === 0x7b || c === 0x5b) depth++
    else if ((c === 0x7d || c === 0x5d) && --depth === 0) return false
  }
  return true
}

function now(record: { setTime(seconds: number, nanos: number): void }): void {
  const millis = Date.now()
  record.setTime(Math.floor(millis / 1000), (millis % 1000) * 1_000_000)
}
