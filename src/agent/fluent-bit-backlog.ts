/**
 * What Fluent Bit had read and not yet delivered when its image was replaced by ours: the chunks of its filesystem buffer.
 * Once in the life of a state directory their records enter the pipeline behind the filters, which they have passed,
 * and go where their tag goes. The files stay as they are, so that one can go back.
 *
 * It is an input like any other, `storage_backlog.0` as Fluent Bit calls it, and each file is a stream: what of it lies in
 * the buffer is known through kill -9, and read once.
 */
import { readdirSync, statSync, type Dirent } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { OptionsOf } from '../config/fields.ts'
import { inputOptions } from '../config/common-options.ts'
import type { InputPlan, Plan } from '../config/plan.ts'
import { defaultOf } from '../config/values.ts'
import { scanObject } from '../event/json-scan.ts'
import { BLOCK } from '../event/record.ts'
import type { RecoveredStream, Stream } from '../event/stream.ts'
import { ByteWriter } from '../lib/byte-writer.ts'
import { defineInput, type Input, type InputContext } from '../plugin/input.ts'
import { readChunk, type Chunk } from './fluent-bit-backlog/chunk.ts'
import { readEvent } from '../event/msgpack.ts'

const NAME = 'storage_backlog'

/** The plan with the backlog of Fluent Bit as its first input, if there is one. */
export function withFluentBitBacklog(plan: Plan): Plan {
  const folder = plan.service['storage.path']
  if (folder === undefined) return plan
  const files = chunkFiles(resolve(folder), basename(plan.service['storage.rejected.path']))
  return files.length === 0 ? plan : { ...plan, inputs: [backlogPlan(files, plan), ...plan.inputs] }
}

/**
 * Chunk files below the folder of a filesystem buffer, oldest first. Each input of Fluent Bit has a folder in it; the one
 * of its rejected chunks (given up, not waiting) and our own hold none.
 */
function chunkFiles(folder: string, rejected: string): string[] {
  const files: string[] = []
  for (const entry of list(folder)) {
    if (!entry.isDirectory() || entry.name === rejected || entry.name === 'fantail') continue
    const input = join(folder, entry.name)
    for (const file of list(input)) if (file.isFile() && file.name.endsWith('.flb')) files.push(join(input, file.name))
  }
  return files.sort(inOrder)
}

function list(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}

/** By the time in the name of a chunk, `<pid>-<sec>.<nsec>.flb`, where the nanoseconds are a number, not a fraction. */
function inOrder(a: string, b: string): number {
  const time = (file: string): readonly number[] => (/-(\d+)\.\s*(\d+)\.flb$/.exec(file) ?? []).slice(1).map(Number)
  const [seconds = 0, nanos = 0] = time(a)
  const [otherSeconds = 0, otherNanos = 0] = time(b)
  return seconds - otherSeconds || nanos - otherNanos
}

function backlogPlan(files: readonly string[], plan: Plan): InputPlan {
  const common = Object.fromEntries(Object.entries(inputOptions).map(([name, field]) => [name, defaultOf(field)]))
  const spec = defineInput({
    name: NAME,
    summary: 'Takes over what Fluent Bit had not delivered.',
    options: {},
    behindFilters: true,
    create: (_options, context) => new FluentBitBacklog(files, context)
  })
  return {
    spec, plugin: NAME, name: `${NAME}.0`, alias: undefined, label: `${NAME}.0`, options: {}, given: [], tag: NAME,
    // every declared option at its default
    common: common as OptionsOf<typeof inputOptions>,
    storage: 'filesystem', processors: [], routes: [], place: plan.inputs[0]!.place
  }
}

interface Waiting {
  readonly stream: Stream
  /** What of the file lies in the buffer or is delivered. */
  readonly covered: RecoveredStream['covered']
}

export class FluentBitBacklog implements Input {
  readonly #context: InputContext
  readonly #files: readonly string[]
  readonly #body = new ByteWriter()
  #records = 0
  #stopped = false
  #done: Promise<void> = Promise.resolve()

  constructor(files: readonly string[], context: InputContext) {
    this.#files = files
    this.#context = context
  }

  async start(): Promise<void> {
    const { ingest, recovered, log } = this.#context
    const waiting = recovered.length === 0 ? this.#files.map((file) => this.#meet(file)) : this.#unfinished()
    if (waiting.length === 0) return
    // Before any other input starts: were the agent killed now, the next start would still know what is to be taken.
    ingest.commit()
    log.info('What Fluent Bit had not delivered is taken over; its files stay as they are.', { chunks: waiting.length })
    this.#done = this.#takeAll(waiting)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
    this.#context.ingest.commit()
  }

  #meet(file: string): Waiting {
    const { inode, size } = marksOf(file)
    const stream = this.#context.ingest.openStream({ input: this.#context.name, path: file, marks: { inode, size } })
    return { stream, covered: [] }
  }

  #unfinished(): Waiting[] {
    const left = this.#context.recovered.filter(({ identity, covered }) => !covered.some(([, to]) => to > Number(identity.marks['size'])))
    return left.sort((a, b) => inOrder(a.identity.path, b.identity.path)).map(({ uid, generation, identity, covered }) => ({
      stream: this.#context.ingest.resumeStream(uid, generation, identity), covered
    }))
  }

  async #takeAll(waiting: readonly Waiting[]): Promise<void> {
    const { ingest, log } = this.#context
    for (const each of waiting) {
      await this.#room()
      if (this.#stopped) return
      await this.#take(each)
      ingest.commit()
    }
    if (!this.#stopped) log.info('All that Fluent Bit had not delivered is in the buffer.', { records: this.#records })
  }

  async #room(): Promise<void> {
    const { ingest } = this.#context
    // asked again now and then, since a stop must not wait for room
    while (!ingest.hasRoom() && !this.#stopped) {
      await Promise.race([new Promise<void>((go) => ingest.whenRoom(go)), new Promise((go) => setTimeout(go, 200))])
    }
  }

  async #take({ stream, covered }: Waiting): Promise<void> {
    const { ingest, log } = this.#context
    const { path, marks } = stream.identity
    let bytes: Buffer
    try {
      if (marksOf(path).inode !== marks['inode']) throw new Error('another file has its name')
      bytes = await readFile(path)
    } catch (error) {
      log.warn('A chunk of Fluent Bit is gone before it was taken over.', { path, reason: (error as Error).message })
      this.#finish(stream)
      return
    }
    const chunk = readChunk(bytes)
    if (typeof chunk === 'string') this.#refuse(stream, covered, bytes.length, chunk)
    else if (!chunk.isLogs) log.warn('A chunk of Fluent Bit holds no logs and is left to it.', { path })
    else {
      const tag = ingest.tag(chunk.tag)
      await tag.ready
      this.#takeEvents(stream, covered, bytes, chunk, tag)
    }
    this.#finish(stream)
  }

  /**
   * The byte behind the last says that nothing is left of a file. Its stream is never closed, since closed ones are
   * forgotten, and what was taken would be taken again.
   */
  #finish(stream: Stream): void {
    const size = Number(stream.identity.marks['size'])
    this.#context.ingest.cover(stream, size, size + 1)
  }

  #takeEvents(stream: Stream, covered: Waiting['covered'], bytes: Buffer, chunk: Chunk, tag: ReturnType<InputContext['ingest']['tag']>): void {
    const { ingest } = this.#context
    const { record } = ingest
    for (let at = chunk.start; at < chunk.end;) {
      const event = readEvent(bytes, at, chunk.end, this.#body)
      if (event === undefined) {
        // files of old versions do not say where the content ends, and what follows it is zeros
        if (bytes[at] !== 0) this.#refuse(stream, covered, chunk.end, `no record stands at byte ${at}`)
        return
      }
      const { end, isMark } = event
      if (!isMark && !covered.some(([from, to]) => from <= at && at < to)) {
        const json = Buffer.from(this.#body.view())
        record.useBlock(json)
        record.setTime(event.seconds, event.nanos)
        record.metadata = event.metadata
        scanObject(record, BLOCK, 0, json.length)
        ingest.emit(tag, stream, at, end)
        this.#records++
      }
      at = end
    }
  }

  #refuse(stream: Stream, covered: Waiting['covered'], size: number, reason: string): void {
    // said and counted once, also when the agent was killed in between
    if (covered.some(([, to]) => to >= size)) return
    this.#context.log.warn('A chunk of Fluent Bit cannot be read to its end.', { path: stream.identity.path, reason })
    this.#context.ingest.drop('corrupt_chunk', 1)
    this.#context.ingest.cover(stream, size - 1, size)
  }
}

/** Which file it is, and its bytes; empty and 0 when it is not there. */
function marksOf(file: string): { readonly inode: string, readonly size: number } {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
  return { inode: String(stat?.ino ?? ''), size: Number(stat?.size ?? 0n) }
}
