/** Prints records to standard output: for trials, and for containers whose output somebody else collects. */
import type { Writable } from 'node:stream'
import type { OptionsOf } from '../config/fields.ts'
import type { Batch } from '../event/batch.ts'
import { writeDigits } from '../lib/digits.ts'
import type { ByteWriter } from '../lib/byte-writer.ts'
import { defineOutput, delivered, type Output, type OutputContext, type Verdict } from '../plugin/output.ts'
import { DatedJson, jsonDateOptions } from './shared/dated-json.ts'
import { writeMsgpackRecord } from './shared/msgpack.ts'
import { writeOtlpJson } from './shared/otlp-json.ts'
import { printed } from './shared/printed.ts'
import { WriterPool } from './shared/writer-pool.ts'

const options = {
  format: {
    kind: 'choice', values: ['text', 'json', 'json_lines', 'json_stream', 'msgpack', 'otlp_json', 'otlp_json_pretty'], default: 'text', example: 'json_lines',
    doc: 'text: `[n] tag: [[time, {metadata}], {body}]`, as Fluent Bit prints when no format is set.'
  },
  ...jsonDateOptions
} as const

type Options = OptionsOf<typeof options>

export const stdout = defineOutput({
  name: 'stdout',
  summary: 'Print records to standard output.',
  options,
  examples: [{ title: 'One JSON object per line', config: "name: stdout\nmatch: '*'\nformat: json_lines\njson_date_format: iso8601" }],
  limits: () => ({ maxBytes: 1024 * 1024, maxRecords: 100_000, concurrency: 1, ordered: true, gather: false }),
  create: (given, context) => new StdoutOutput(given, context, process.stdout)
})

export class StdoutOutput implements Output {
  readonly #format: Options['format']
  readonly #json: DatedJson
  readonly #writers = new WriterPool(1)
  readonly #stream: Writable

  constructor(given: Options, context: OutputContext, stream: Writable) {
    this.#format = given.format
    this.#json = new DatedJson(given, context.pool)
    this.#stream = stream
    // a failure is the outcome of the write that met it
    stream.on('error', () => {})
  }

  async write(batch: Batch): Promise<Verdict> {
    const writer = this.#writers.take()
    this.#fill(batch, writer)
    const error = await new Promise<Error | null | undefined>((resolve) => { this.#stream.write(writer.view(), resolve) })
    if (error) return { kind: 'retry', reason: `standard output cannot be written: ${error.message}`, unsure: true }
    this.#writers.give(writer)
    return delivered
  }

  #fill(batch: Batch, to: ByteWriter): void {
    if (this.#format === 'text') writeText(batch, to)
    else if (this.#format === 'msgpack') for (let i = 0; i < batch.count; i++) writeMsgpackRecord(batch, i, to)
    else if (this.#format === 'otlp_json' || this.#format === 'otlp_json_pretty') writeOtlpJson(batch, to, this.#format === 'otlp_json_pretty')
    else {
      this.#json.writeAll(batch, this.#format, to)
      if (this.#format !== 'json_lines') to.byte(0x0a)
    }
  }
}

function writeText(batch: Batch, to: ByteWriter): void {
  for (let i = 0; i < batch.count; i++) {
    to.text(`[${i}] ${batch.tag(i)}: [[`)
    to.reserve(40)
    to.length = writeDigits(batch.seconds(i), 1, to.bytes, to.length)
    to.byte(0x2e)
    to.reserve(16)
    to.length = writeDigits(batch.nanos(i), 9, to.bytes, to.length)
    to.text(`, ${printed(batch.metadata(i) || '{}')}], ${printed(batch.bodyText(i))}]\n`)
  }
}
