/**
 * The buffer: both logs, a queue for every output, and the rules of when there is room. What is where in the directory:
 *
 *      log/          segments (segment.ts)
 *      cursors/      how far each output is (cursor-file.ts)
 *      quarantine/   corrupt frames, for people
 *      lock.sock     held while an agent uses it
 */
import { FantailError } from '../errors.ts'
import { emptyInputTerms, emptyOutputTerms, sum, type InputTerms, type OutputTerms } from '../event/ledger.ts'
import type { RecoveredStream, Stream } from '../event/stream.ts'
import { tellWork } from '../lib/compilers.ts'
import type { DirectoryLock } from '../lib/directory-lock.ts'
import { CursorFile, readCursors, type CursorState } from './cursor-file.ts'
import { DeliveryMarks } from './delivery-marks.ts'
import { DiskLog, SEGMENT_SIZE, systemDisk, type Disk } from './disk-log.ts'
import type { FrameBuilder } from './frame-builder.ts'
import { cursorDirectory, logDirectory, quarantineDirectory, takeDirectory } from './folders.ts'
import { FrameCache } from './frame-cache.ts'
import { closing, encodeDirectory, type Directory, type StreamEntry } from './frame.ts'
import { MemoryLog } from './memory-log.ts'
import { Queue, type QueueParts } from './output-queue.ts'
import { GAP, quarantineFrame, recover, type Recovered } from './recovery.ts'
import { Ring } from './ring.ts'
import { sharesOf } from './segment.ts'
import { bootId } from './snapshot.ts'
import type { FrameStore, InputSettings, OutputQueue, RecoveryReport, RingDrops, StoreOptions, StoreUsage } from './store.ts'
import { addInputTerms, copyInputTerms } from './totals.ts'

/** Cursors and what is done in memory are written so often at most. */
const WRITE_EVERY = 50

/** What tests put in the place of the real thing. */
export interface Seams {
  readonly disk?: Disk
  readonly segmentSize?: number
  readonly boot?: string
}

/**
 * Opens the buffer in a state directory, which is made when missing, and recovers what is in it. Throws `FantailError`
 * when another agent uses it or it cannot be used at all.
 */
export async function openStore(options: StoreOptions, seams: Seams = {}): Promise<FrameStore> {
  const { directory } = options
  const lock = await takeDirectory(directory)
  try {
    const began = performance.now()
    const quarantine = options.keepsCorrupt ? quarantineDirectory(directory) : undefined
    const recovered = recover(logDirectory(directory), quarantine, true, seams.boot ?? bootId())
    return new Store(options, lock, recovered, readCursors(cursorDirectory(directory), recovered.outputs), began, seams)
  } catch (error) {
    await lock.release()
    throw error instanceof Error && 'syscall' in error
      ? new FantailError('state-unusable', { path: directory, reason: error.message })
      : error
  }
}

class Store implements FrameStore {
  readonly directory: string
  readonly recovered: readonly RecoveredStream[]
  readonly firstStart: boolean
  readonly recovery: RecoveryReport
  readonly #lock: DirectoryLock
  readonly #log: DiskLog
  readonly #memory = new MemoryLog()
  readonly #cache = new FrameCache()
  readonly #queues = new Map<string, Queue>()
  /** Queues of outputs that are not in the configuration. */
  readonly #unclaimed: Queue[] = []
  readonly #inputs = new Map<string, InputSettings>()
  readonly #inputTerms = new Map<string, InputTerms>()
  /** Terms of outputs that have no cursor any more. */
  readonly #formerTerms = new Map<string, OutputTerms>()
  readonly #limit: number
  readonly #quarantineFolder: string | undefined
  #corruptFrames: number
  readonly #corruptPlaces = new Set<number>()
  /** Memory inputs that wait until they are below three quarters of their limit. */
  readonly #overLimit = new Set<string>()
  readonly #ring = new Ring({
    bytesOf: (input) => this.#memory.bytesOf(input),
    framesOf: (input) => this.#memory.framesOf(input),
    letGo: (output, memory) => this.#queues.get(output)?.letGo(memory, 'memrb') === true
  })
  readonly #roomCallbacks: { readonly input: string, readonly callback: () => void }[] = []
  readonly #marks = new DeliveryMarks()
  readonly #news = new Set<Queue>()
  #newsTold = true
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(
    options: StoreOptions, lock: DirectoryLock, recovered: Recovered, cursors: readonly CursorState[], began: number, seams: Seams
  ) {
    this.directory = options.directory
    this.#lock = lock
    this.#limit = options.limit
    this.#quarantineFolder = options.keepsCorrupt ? quarantineDirectory(options.directory) : undefined
    for (const input of options.inputs) this.#inputs.set(input.name, input)
    this.firstStart = recovered.isEmpty
    this.recovered = recovered.positions.recovered()
    this.#corruptFrames = recovered.report.corruptFrames
    const seen = Math.max(recovered.next, ...cursors.flatMap(({ position, open }) => [position, ...open.map((s) => s + 1)]))
    const segmentSize = seams.segmentSize ?? Math.max(64 * 1024, Math.min(SEGMENT_SIZE, Math.floor(options.limit / 8)))
    this.#log = new DiskLog(
      logDirectory(this.directory), { ...recovered, next: recovered.isEmpty && seen === 1 ? 1 : seen + GAP },
      { segmentSize, syncEveryFrame: options.syncEveryFrame, disk: seams.disk ?? systemDisk, boot: seams.boot ?? bootId() }
    )
    this.#openQueues(options, cursors)
    for (const [name, terms] of recovered.totals.inputs) this.#inputTerms.set(name, copyInputTerms(terms))
    for (const [name, terms] of recovered.totals.delivered) {
      const queue = this.#queues.get(name) ?? this.#unclaimed.find((q) => q.name === name)
      if (queue === undefined) this.#formerTerms.set(name, structuredClone(terms))
      else queue.addEarlier(terms)
    }
    this.#log.outputs = [...this.#allQueues()].map(({ name }) => name)
    this.#log.onRoom = () => this.#tellRoom()
    this.#log.onSynced = () => this.#schedule()
    this.#log.beforeSnapshot = () => {
      const delivered = Math.min(this.#log.next, ...[...this.#allQueues()].map(({ low }) => low))
      this.#log.positions.forget(delivered, this.#memory.mentioned())
    }
    // cursors first: an output that a snapshot names and that has no cursor begins at the start of the log
    for (const queue of this.#allQueues()) if (!queue.write()) this.#schedule()
    this.#log.begin()
    this.#schedule()
    this.recovery = {
      ...recovered.report,
      milliseconds: performance.now() - began,
      unclaimed: this.#unclaimed.map((queue) => {
        const { records, bytes } = queue.waiting()
        return { output: queue.name, records, bytes }
      }).filter(({ records }) => records > 0)
    }
  }

  #openQueues(options: StoreOptions, cursors: readonly CursorState[]): void {
    const states = new Map(cursors.map((state) => [state.name, state]))
    const parts: QueueParts = {
      log: this.#log,
      memory: this.#memory,
      cache: this.#cache,
      changed: () => this.#schedule(),
      corrupt: (sequence) => this.#quarantine(sequence),
      gaveUp: (output, reason, records) => options.gaveUp?.(output, reason, records)
    }
    const folder = cursorDirectory(this.directory)
    for (const { name, totalLimit } of options.outputs) {
      const file = new CursorFile(folder, name)
      file.read()
      const { forgotten, ...state } = states.get(name) ??
        { name, position: this.#log.next, open: [], terms: emptyOutputTerms() } satisfies CursorState
      if (forgotten === true) state.position = this.#log.next
      this.#queues.set(name, new Queue(state, file, parts, totalLimit))
    }
    for (const state of cursors) {
      if (this.#queues.has(state.name)) continue
      const file = new CursorFile(folder, state.name)
      file.read()
      this.#unclaimed.push(new Queue(state, file, parts, undefined))
    }
  }

  * #allQueues(): Iterable<Queue> {
    yield * this.#queues.values()
    yield * this.#unclaimed
  }

  // ---- in

  append(input: string, builder: FrameBuilder, terms: InputTerms): void {
    if (builder.isEmpty && isNothing(terms)) return
    const settings = this.#settings(input)
    const sequence = this.#log.takeSequence()
    const own = copyInputTerms(terms)
    const onDisk = settings.storage === 'filesystem'
    tellWork(builder.size)
    const frame = builder.finish(sequence, { [input]: own }, onDisk)
    addInputTerms(this.#termsOf(input), own)
    const shares = sharesOf(frame.directory)
    const queues: Queue[] = []
    for (const name of shares.keys()) {
      const queue = this.#queues.get(name)
      if (queue !== undefined) queues.push(queue)
    }
    if (onDisk) {
      const unpin = (): void => this.#cache.unuse(sequence)
      const written = this.#log.append(frame.bytes, frame.directory, sequence, shares, queues.length, unpin)
      this.#cache.keep(frame, queues.length, !written)
    } else {
      const opened = frame.directory.streams.filter(({ identity }) => identity !== undefined)
      // a stream must be known before any of it is delivered; that it is closed may wait
      if (opened.length > 0) this.#writeStreams(opened.map(withoutClosed))
      this.#memory.append(input, frame, shares, queues.length)
      if (queues.length === 0) this.#schedule()
    }
    for (const queue of queues) {
      queue.expect({ sequence, ...shares.get(queue.name)! }, onDisk)
      this.#news.add(queue)
    }
    if (settings.storage === 'memrb') this.#ring.turn(settings)
    if (!onDisk && this.#memory.bytesOf(input) >= settings.memoryLimit) this.#overLimit.add(input)
    this.#tellNews()
    if (this.#log.bytes >= this.#limit) this.#schedule()
  }

  declare(input: string, streams: readonly Stream[]): void {
    this.#settings(input)
    if (streams.length === 0) return
    this.#writeStreams(streams.map((stream) => {
      stream.declared = true
      const { uid, generation, identity } = stream
      return { uid, generation, identity, ...closing(stream) }
    }))
  }

  #writeStreams(streams: readonly StreamEntry[]): void {
    this.#writeDirectory({ tags: [], routes: [], sections: [], constants: [], ranges: [], streams })
  }

  #writeDirectory(directory: Directory): void {
    const sequence = this.#log.takeSequence()
    this.#log.append(encodeDirectory(directory, sequence), directory, sequence, new Map(), 0, () => {})
  }

  #settings(input: string): InputSettings {
    const settings = this.#inputs.get(input)
    if (settings === undefined) throw new RangeError(`the buffer was not told of the input ${input}`)
    return settings
  }

  #termsOf(input: string): InputTerms {
    let terms = this.#inputTerms.get(input)
    if (terms === undefined) this.#inputTerms.set(input, (terms = emptyInputTerms()))
    return terms
  }

  hasRoom(input: string): boolean {
    const { storage, memoryLimit } = this.#settings(input)
    if (storage === 'filesystem') return !this.#log.isFull && this.#log.bytes < this.#limit
    if (this.#overLimit.has(input) && this.#memory.bytesOf(input) < memoryLimit * 0.75) this.#overLimit.delete(input)
    return !this.#overLimit.has(input)
  }

  memoryOf(input: string): number {
    return this.#memory.bytesOf(input)
  }

  ringDropsOf(input: string): RingDrops {
    return this.#ring.dropsOf(input)
  }

  whenRoom(input: string, callback: () => void): void {
    this.#roomCallbacks.push({ input, callback })
    if (this.hasRoom(input)) this.#tellRoom()
  }

  whenDelivered(callback: () => void): void {
    this.#marks.add(this.#log.next, callback)
    this.#schedule()
  }

  #tellRoom(): void {
    if (this.#roomCallbacks.length === 0) return
    queueMicrotask(() => {
      for (const waiting of this.#roomCallbacks.splice(0)) {
        if (this.hasRoom(waiting.input)) waiting.callback()
        else this.#roomCallbacks.push(waiting)
      }
    })
  }

  #tellNews(): void {
    if (!this.#newsTold || this.#news.size === 0) return
    this.#newsTold = false
    queueMicrotask(() => {
      this.#newsTold = true
      const queues = [...this.#news]
      this.#news.clear()
      for (const queue of queues) queue.onFrame?.()
    })
  }

  // ---- out

  queue(output: string): OutputQueue {
    const queue = this.#queues.get(output)
    if (queue === undefined) throw new RangeError(`the buffer was not told of the output ${output}`)
    return queue
  }

  ledger(): { readonly inputs: ReadonlyMap<string, InputTerms>, readonly outputs: ReadonlyMap<string, OutputTerms> } {
    const inputs = new Map([...this.#inputTerms].map(([name, terms]) => [name, copyInputTerms(terms)]))
    const outputs = new Map([...this.#formerTerms].map(([name, terms]) => [name, structuredClone(terms)]))
    for (const queue of this.#allQueues()) {
      outputs.set(queue.name, { ...structuredClone(queue.totals), waiting: queue.waiting().records })
    }
    return { inputs, outputs }
  }

  usage(): StoreUsage {
    const { segments, bytes, isFull, draftBytes } = this.#log
    let diskFrames = 0
    for (const segment of segments) diskFrames += segment.frameCount
    return {
      memoryBytes: this.#memory.bytes + draftBytes,
      memoryFrames: this.#memory.count,
      diskBytes: bytes,
      diskFrames,
      segments: segments.length,
      diskFull: isFull,
      corruptFrames: this.#corruptFrames
    }
  }

  #quarantine(sequence: number): void {
    if (this.#corruptPlaces.has(sequence)) return
    this.#corruptPlaces.add(sequence)
    this.#corruptFrames++
    const place = this.#log.place(sequence)
    if (place !== undefined) quarantineFrame(place.path, place.offset, place.length, this.#quarantineFolder)
  }

  // ---- keeping

  #schedule(): void {
    if (this.#closed) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#write()
    }, WRITE_EVERY).unref()
  }

  #write(): void {
    this.#writeDone()
    let written = true
    for (const queue of this.#allQueues()) written = queue.write() && written
    if (!written) this.#schedule()
    else this.#log.deleteDone()
    if (this.#log.bytes >= this.#limit) this.#relieve()
    this.#tellRoom()
    this.#marks.tell(this.#queues.values())
  }

  #writeDone(): void {
    const done = this.#memory.takeDone()
    if (done !== undefined) this.#writeDirectory(done)
  }

  /** The log is at its limit: what waits for outputs that nobody has configured goes first. */
  #relieve(): void {
    for (const queue of this.#unclaimed) {
      queue.giveUp(0, 'unclaimed')
      queue.write()
    }
    this.#log.makeRoom()
    this.#log.deleteDone()
  }

  async sync(): Promise<void> {
    this.#writeDone()
    await this.#log.sync()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    this.#write()
    this.#memory.putDown(this.#log, new Set(this.#queues.keys()))
    await this.#log.close()
    for (const queue of this.#allQueues()) {
      await queue.sync().catch(() => {})
      queue.close()
    }
    await this.#lock.release()
  }
}

function withoutClosed({ uid, generation, identity }: StreamEntry): StreamEntry {
  return { uid, generation, ...(identity === undefined ? {} : { identity }) }
}

function isNothing(terms: InputTerms): boolean {
  return terms.read === 0 && terms.created === 0 && terms.buffered === 0 && terms.joined === 0 &&
    sum(terms.filtered) === 0 && sum(terms.dropped) === 0
}
