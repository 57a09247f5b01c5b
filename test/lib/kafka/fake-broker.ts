/**
 * A broker that gives the answers a healthy one never gives: it hangs, hangs up, tears answers, denies, and says that
 * somebody else leads. Otherwise it stores what it is sent and checks sequence numbers as Kafka does.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { readBatches, type RecordView } from '../../../src/lib/kafka/record-batch.ts'
import { FakeGroup } from './fake-group.ts'
import { WireReader, WireWriter } from '../../../src/lib/kafka/wire.ts'

export interface Request {
  readonly api: number
  readonly version: number
  readonly reader: WireReader
  /** How many requests of this kind came before it, on all connections. */
  readonly before: number
}

export interface Stored extends RecordView {
  readonly topic: string
  readonly partition: number
}

export interface ProduceVerdict {
  readonly error: number
  readonly message?: string
  readonly records?: readonly (readonly [index: number, message: string])[]
  /** The records are kept although the answer says no. */
  readonly stored?: boolean
}

type Reaction = 'hang' | 'hang up' | ((writer: WireWriter) => void) | undefined

export const PRODUCE = 0
export const METADATA = 3
export const SASL_HANDSHAKE = 17
export const API_VERSIONS = 18
export const INIT_PRODUCER_ID = 22
export const SASL_AUTHENTICATE = 36

const VERSIONS: readonly (readonly [api: number, least: number, newest: number])[] = [
  [PRODUCE, 3, 11], [1, 4, 16], [2, 1, 10], [METADATA, 0, 13], [8, 2, 9], [9, 1, 9], [10, 0, 6], [11, 2, 9], [12, 0, 4], [13, 0, 5], [14, 0, 5],
  [SASL_HANDSHAKE, 0, 1], [API_VERSIONS, 0, 4], [INIT_PRODUCER_ID, 0, 5], [SASL_AUTHENTICATE, 0, 2]
]

export class FakeBroker {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #counts = new Map<number, number>()
  /** Next sequence by producer, topic and partition, and the last one stored. */
  readonly #sequences = new Map<string, { next: number, last: number }>()
  #producers = 0
  /** The answers of a connection follow each other. */
  readonly #answers = new WeakMap<Socket, Promise<void>>()
  topics = new Map<string, number>([['logs', 1]])
  /** Who leads a partition; this broker is 1. */
  leader: (topic: string, partition: number) => number = () => 1
  topicError: (topic: string) => number = (topic) => this.topics.has(topic) ? 0 : 3
  /** Other brokers in the metadata. */
  peers: { readonly id: number, readonly port: number }[] = []
  id = 1
  versions = VERSIONS
  /** Reacts to a request in place of the usual answer. */
  react: (request: Request) => Reaction = () => undefined
  /** The verdict on a batch; undefined to store it. */
  judge: (topic: string, partition: number, records: readonly RecordView[], before: number) => ProduceVerdict | undefined = () => undefined
  throttle = 0
  /** Bytes of an answer are sent in pieces of this size. */
  tear = Infinity
  readonly stored: Stored[] = []
  /** API keys in the order of the requests. */
  readonly seen: number[] = []
  connections = 0
  /** Batches by `topic/partition`, as they lie in the log. */
  readonly logs = new Map<string, { readonly bytes: Buffer, readonly next: number }[]>()
  /** Where logs begin, when messages were deleted. */
  readonly starts = new Map<string, number>()
  /** Transactions that were given up. */
  aborted: readonly { readonly producer: number, readonly first: number }[] = []
  readonly group = new FakeGroup(this)

  private constructor (server: Server) {
    this.#server = server
    server.on('connection', (socket) => this.#serve(socket))
  }

  static async start (): Promise<FakeBroker> {
    const server = createServer()
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    return new FakeBroker(server)
  }

  get port (): number {
    return (this.#server.address() as AddressInfo).port
  }

  get address (): string {
    return `127.0.0.1:${this.port}`
  }

  /** Values stored, as text. */
  get values (): string[] {
    return this.stored.map(({ value }) => value?.toString() ?? '')
  }

  hangUp (): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async stop (): Promise<void> {
    this.hangUp()
    await new Promise((resolve) => { this.#server.close(resolve) })
  }

  #serve (socket: Socket): void {
    this.connections++
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    let rest = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk as Buffer])
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE()) {
        const end = 4 + rest.readInt32BE()
        this.#take(socket, new WireReader(rest, 4, end))
        rest = rest.subarray(end)
      }
    })
  }

  #take (socket: Socket, reader: WireReader): void {
    const [api, version, id] = [reader.int16(), reader.int16(), reader.int32()]
    reader.nullableString()
    const before = this.#counts.get(api) ?? 0
    this.#counts.set(api, before + 1)
    this.seen.push(api)
    const request = { api, version, reader, before }
    const reaction = this.react(request)
    if (reaction === 'hang') return
    if (reaction === 'hang up') {
      socket.destroy()
      return
    }
    const writer = new WireWriter(1024)
    writer.int32(0)
    writer.int32(id)
    const answers = reaction === undefined ? this.#answer(request, writer) : (reaction(writer), true)
    if (!answers) return
    writer.bytes.writeInt32BE(writer.length - 4, 0)
    const bytes = writer.view()
    this.#answers.set(socket, (this.#answers.get(socket) ?? Promise.resolve()).then(async () => {
      if (api === 1) await new Promise((resolve) => { setTimeout(resolve, 10) })
      for (let at = 0; at < bytes.length && !socket.destroyed; at += this.tear) {
        socket.write(bytes.subarray(at, Math.min(bytes.length, at + this.tear)))
        if (this.tear < bytes.length) await new Promise((resolve) => { setImmediate(resolve) })
      }
    }))
  }

  #answer (request: Request, w: WireWriter): boolean {
    switch (request.api) {
      case API_VERSIONS:
        w.int16(0)
        w.array(this.versions, ([api, least, newest]) => { for (const n of [api, least, newest]) w.int16(n) })
        return true
      case METADATA: this.#metadata(request.reader, w); return true
      case PRODUCE: return this.#produce(request, w)
      case INIT_PRODUCER_ID:
        w.int32(0)
        w.int16(0)
        w.int64(++this.#producers)
        w.int16(0)
        return true
      case 1: return this.#fetch(request.reader, w)
      default:
        if (this.group.answer(request, w)) return true
        throw new Error(`the fake knows no request ${request.api}`)
    }
  }

  #metadata (reader: WireReader, w: WireWriter): void {
    const topics = reader.array((r) => r.string())
    w.int32(0)
    w.array([{ id: this.id, port: this.port }, ...this.peers], ({ id, port }) => {
      w.int32(id)
      w.string('127.0.0.1')
      w.int32(port)
      w.string(null)
    })
    w.string('cluster')
    w.int32(1)
    w.array(topics, (topic) => {
      const error = this.topicError(topic)
      w.int16(error)
      w.string(topic)
      w.boolean(false)
      w.array(Array.from({ length: error === 0 ? this.topics.get(topic) ?? 1 : 0 }, (_, i) => i), (partition) => {
        const leader = this.leader(topic, partition)
        w.int16(leader < 0 ? 5 : 0)
        w.int32(partition)
        w.int32(leader)
        w.int32(0)
        w.int32(0)
      })
    })
  }

  #produce ({ reader, version, before }: Request, w: WireWriter): boolean {
    reader.nullableString()
    const acks = reader.int16()
    reader.int32()
    const topics = reader.array((r) => [r.string(), r.array((p) => [p.int32(), p.blob()!] as const)] as const)
    w.array(topics, ([topic, parts]) => {
      w.string(topic)
      w.array(parts, ([partition, bytes]) => {
        const { error, message = null, records = [] } = this.#store(topic, partition, Buffer.from(bytes), before)
        w.int32(partition)
        w.int16(error)
        w.int64(0)
        w.int64(-1)
        if (version >= 5) w.int64(0)
        if (version < 8) return
        w.array(records, ([index, words]) => {
          w.int32(index)
          w.string(words)
        })
        w.string(message)
      })
    })
    w.int32(this.throttle)
    return acks !== 0
  }

  /** Fetch: its answer takes 10 ms, so that reading is no busy loop. */
  #fetch (reader: WireReader, w: WireWriter): boolean {
    reader.take(4 + 4 + 4 + 4 + 1 + 4 + 4)
    const topics = reader.array((r) => [r.string(), r.array((p) => {
      const partition = p.int32()
      p.int32()
      const offset = p.int64()
      p.int64()
      p.int32()
      return { partition, offset }
    })] as const)
    w.int32(0)
    w.int16(0)
    w.int32(0)
    w.array(topics, ([topic, parts]) => {
      w.string(topic)
      w.array(parts, ({ partition, offset }) => {
        const key = `${topic}/${partition}`
        const log = this.logs.get(key) ?? []
        const start = this.starts.get(key) ?? 0
        const end = log.at(-1)?.next ?? 0
        const error = this.leader(topic, partition) !== this.id ? 6 : offset < start || offset > end ? 1 : 0
        w.int32(partition)
        w.int16(error)
        w.int64(end)
        w.int64(end)
        w.int64(start)
        w.array(this.aborted, ({ producer, first }) => {
          w.int64(producer)
          w.int64(first)
        })
        w.int32(-1)
        w.blob(error === 0 ? Buffer.concat(log.filter(({ next }) => next > offset).map(({ bytes }) => bytes)) : null)
      })
    })
    return true
  }

  #store (topic: string, partition: number, bytes: Buffer, before: number): ProduceVerdict {
    const [batch] = [...readBatches(bytes)]
    if (batch === undefined) throw new Error('no batch')
    const verdict = this.judge(topic, partition, batch.records, before)
    if (verdict !== undefined && verdict.stored !== true) return verdict
    const producer = bytes.readBigInt64BE(43)
    const sequence = bytes.readInt32BE(53)
    if (producer >= 0n) {
      const key = `${producer} ${topic} ${partition}`
      const state = this.#sequences.get(key) ?? { next: 0, last: -1 }
      if (sequence === state.last) return verdict ?? { error: 0 }
      if (sequence !== state.next) return { error: 45 }
      this.#sequences.set(key, { next: sequence + batch.records.length, last: sequence })
    }
    const key = `${topic}/${partition}`
    const log = this.logs.get(key) ?? []
    this.logs.set(key, log)
    const base = log.at(-1)?.next ?? 0
    bytes.writeBigInt64BE(BigInt(base), 0)
    log.push({ bytes, next: base + batch.records.length })
    this.stored.push(...batch.records.map((record) => ({ ...record, topic, partition })))
    return verdict ?? { error: 0 }
  }
}
