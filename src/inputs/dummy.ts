/** dummy: makes records at a rate, for trials and benchmarks. */
import { performance } from 'node:perf_hooks'
import { PluginError } from '../plugin/context.ts'
import { defineInput, type Input, type InputContext, type TagHandle } from '../plugin/input.ts'
import type { Fields, OptionsOf } from '../config/fields.ts'
import { scanObject } from '../event/json-scan.ts'
import { BLOCK } from '../event/record.ts'
import type { Stream } from '../event/stream.ts'

const options = {
  'dummy': {
    kind: 'string', default: '{"message":"dummy"}', example: '{"message":"hello"}',
    doc: 'The record: a JSON object, or several in a row.'
  },
  'metadata': { kind: 'string', default: '{}', example: '{"source":"trial"}', doc: 'Metadata of each record, a JSON object.' },
  'rate': { kind: 'number', default: 1, min: 0, example: '100', doc: 'Records a second.' },
  'interval_sec': { kind: 'integer', default: 0, example: '2', doc: 'Seconds between records, instead of rate.' },
  'interval_nsec': { kind: 'integer', default: 0, example: '500000000', doc: 'Nanoseconds added to interval_sec.' },
  'samples': { kind: 'integer', default: 0, min: 0, example: '10', doc: 'Ends after so many records; 0 never ends.' },
  'copies': { kind: 'integer', default: 1, min: 1, example: '5', doc: 'Copies of the record each time.' },
  'start_time_sec': { kind: 'integer', default: -1, example: '1700000000', doc: 'Time of the first record, in seconds.' },
  'start_time_nsec': { kind: 'integer', default: -1, example: '0', doc: 'Nanoseconds of the time of the first record.' },
  'fixed_timestamp': { kind: 'boolean', default: false, example: 'on', doc: 'All records have the time of the first.' },
  'flush_on_startup': { kind: 'boolean', default: false, example: 'on', doc: 'Makes the first record at once.' },
  'test_hang_on_exit': {
    kind: 'boolean', default: false, example: 'off', doc: 'Hangs on exit, for tests of Fluent Bit.',
    withoutEffect: 'it serves only the tests of Fluent Bit itself'
  }
} as const satisfies Fields

type Options = OptionsOf<typeof options>

export default defineInput({
  name: 'dummy',
  summary: 'Makes records at a rate, for trials and benchmarks.',
  options,
  examples: [{ title: 'Ten records a second', config: 'name: dummy\ntag: trial\nrate: 10\ndummy: \'{"message":"hello"}\'' }],
  volatile: true,
  create: (values, context) => new Dummy(values, context)
})

class Dummy implements Input {
  readonly #context: InputContext
  readonly #options: Options
  readonly #tag: TagHandle
  readonly #stream: Stream
  readonly #bodies: readonly Buffer[]
  readonly #metadata: string
  /** Milliseconds between two ticks. */
  readonly #interval: number
  readonly #started = Date.now()
  #timer: NodeJS.Timeout | null = null
  #next = 0
  #position = 0
  #ticks = 0
  #blocked = false
  #stopped = false

  constructor(values: Options, context: InputContext) {
    this.#context = context
    this.#options = values
    this.#bodies = objects(values.dummy, context)
    this.#metadata = metadata(values.metadata)
    const given = Math.max(0, values.interval_sec) * 1000 + Math.max(0, values.interval_nsec) / 1e6
    this.#interval = given > 0 ? given : values.rate > 0 ? 1000 / values.rate : 1000
    this.#tag = context.ingest.tag(context.tag)
    this.#stream = context.ingest.openStream({ input: context.name, path: 'dummy', marks: {} })
  }

  async start(): Promise<void> {
    await this.#tag.ready
    this.#next = performance.now() + (this.#options.flush_on_startup ? 0 : this.#interval)
    this.#wait()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#context.ingest.closeStream(this.#stream)
    this.#context.ingest.commit()
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#tick(), Math.max(1, this.#next - performance.now()))
  }

  #tick(): void {
    const { ingest } = this.#context
    const { samples, fixed_timestamp: fixed } = this.#options
    // a timer is too coarse for high rates, so each catches up with what is due
    for (const now = performance.now(); this.#next <= now && !this.#done(samples); this.#next += this.#interval) {
      if (!ingest.hasRoom()) {
        this.#block()
        break
      }
      this.#make(fixed)
      this.#ticks++
    }
    ingest.commit()
    if (!this.#done(samples) && !this.#blocked && !this.#stopped) this.#wait()
  }

  #done(samples: number): boolean {
    return samples > 0 && this.#ticks >= samples
  }

  #block(): void {
    this.#blocked = true
    this.#context.ingest.whenRoom(() => {
      this.#blocked = false
      this.#next = performance.now()
      if (!this.#stopped) this.#wait()
    })
  }

  #make(fixed: boolean): void {
    const { ingest } = this.#context
    const { record } = ingest
    const time = this.#time(fixed)
    for (let copy = 0; copy < this.#options.copies; copy++) {
      for (const body of this.#bodies) {
        record.useBlock(body)
        record.setTime(time.seconds, time.nanos)
        record.metadata = this.#metadata
        scanObject(record, BLOCK, 0, body.length)
        ingest.emit(this.#tag, this.#stream, this.#position, ++this.#position)
      }
    }
  }

  #time(fixed: boolean): { readonly seconds: number; readonly nanos: number } {
    const { start_time_sec: sec, start_time_nsec: nsec } = this.#options
    const now = Date.now()
    const shifted = sec >= 0 || nsec >= 0
    const base = shifted ? Math.max(0, sec) * 1000 : this.#started
    const millis = fixed ? base : shifted ? base + now - this.#started : now
    const nanos = (millis % 1000) * 1_000_000 + (shifted ? Math.max(0, nsec) : 0)
    return { seconds: Math.floor(millis / 1000) + Math.floor(nanos / 1e9), nanos: nanos % 1e9 }
  }
}

/** The objects of a text; Fluent Bit's own one when the text is not valid, as it does. */
function objects(text: string, context: InputContext): Buffer[] {
  const found: Buffer[] = []
  const bytes = Buffer.from(text)
  const { record } = context.ingest
  record.reset()
  record.useBlock(bytes)
  for (let at = 0; text.trim() !== '' && at < bytes.length;) {
    if (/^\s*$/.test(bytes.toString('utf8', at))) break
    const end = scanObject(record, BLOCK, at, bytes.length)
    if (end < 0) {
      context.log.warn('The option dummy is no JSON object, so {"message":"dummy"} is made instead.')
      found.length = 0
      break
    }
    found.push(bytes.subarray(at, end))
    at = end
  }
  record.reset()
  return found.length > 0 ? found : [Buffer.from('{"message":"dummy"}')]
}

function metadata(text: string): string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PluginError('metadata must be a JSON object', 'metadata')
  }
  return Object.keys(value).length === 0 ? '' : text.trim()
}
