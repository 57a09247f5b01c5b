/** A Kafka cluster as a client sees it: its brokers, who leads which partition, and one connection to each broker in use. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection, read, type ConnectionSettings } from './connection.ts'
import { METADATA, readMetadata, writeMetadata, type Broker } from './messages.ts'
import { KafkaError, describeError, remedyOf } from './protocol-errors.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface ClusterSettings extends ConnectionSettings {
  /** Where to ask first, in this order. */
  readonly bootstrap: readonly Address[]
  /** Milliseconds after which metadata is asked for again, so that new partitions are found. */
  readonly metadataAge: number
  /** The broker may create topics that do not exist, if it is configured to. */
  readonly createTopics: boolean
  /** Milliseconds that a topic without leaders, or one that is being created, is waited for. */
  readonly topicWait: number
}

export interface Topic {
  readonly name: string
  /** Ids of the leaders by partition; -1 for none. */
  readonly leaders: readonly number[]
}

/** Pause between two questions for a topic that is not ready. */
const PAUSE = 200

export class Cluster {
  readonly #settings: ClusterSettings
  #brokers = new Map<number, Broker>()
  readonly #topics = new Map<string, Topic>()
  /** Why a topic cannot be used, by name. */
  readonly #errors = new Map<string, number>()
  readonly #connections = new Map<string, Promise<Connection>>()
  #askedAt = 0
  /** Id of the cluster, once it has answered. */
  id = ''
  #refreshing: { readonly topics: ReadonlySet<string>; readonly done: Promise<void> } | undefined
  #closed = false

  constructor(settings: ClusterSettings) {
    this.#settings = settings
  }

  get brokers(): readonly Broker[] {
    return [...this.#brokers.values()]
  }

  /** Connections that stand. */
  get connections(): number {
    return this.#connections.size
  }

  /** A topic with at least one partition, from memory when it is known. Rejects with KafkaError. */
  async topic(name: string): Promise<Topic> {
    const known = this.#topics.get(name)
    if (known !== undefined) {
      if (performance.now() - this.#askedAt > this.#settings.metadataAge) this.refresh([]).catch(() => {})
      return known
    }
    for (const deadline = performance.now() + this.#settings.topicWait; ;) {
      await this.refresh([name])
      const found = this.#topics.get(name)
      if (found !== undefined) return found
      const code = this.#errors.get(name) ?? 3
      const remedy = remedyOf(code)
      if ((remedy !== 'leader' && remedy !== 'again') || performance.now() >= deadline || this.#closed) {
        throw new KafkaError(`topic ${name}: ${describeError(code)}`, { code })
      }
      await sleep(PAUSE)
    }
  }

  /** Whether a topic that is known has this partition. */
  has(topic: string, partition: number): boolean {
    return this.#topics.get(topic)?.leaders[partition] !== undefined
  }

  /** Id of a partition's leader as far as we know; undefined when there is none. */
  leader(topic: string, partition: number): number | undefined {
    const id = this.#topics.get(topic)?.leaders[partition]
    return id === undefined || id < 0 ? undefined : id
  }

  /** Asks anew for these topics and all that are known. Calls at the same time share one request. */
  async refresh(topics: readonly string[]): Promise<void> {
    const running = this.#refreshing
    if (running !== undefined) {
      await running.done
      if (topics.every((topic) => running.topics.has(topic))) return
      return await this.refresh(topics)
    }
    const wanted = new Set([...topics, ...this.#topics.keys()])
    const done = this.#ask([...wanted]).finally(() => { this.#refreshing = undefined })
    this.#refreshing = { topics: wanted, done }
    await done
  }

  async #ask(topics: readonly string[]): Promise<void> {
    const { createTopics } = this.#settings
    const answer = await this.withAnyBroker(async (connection) => (
      read((await connection.request(METADATA, (w) => writeMetadata(w, topics, createTopics))).answer, readMetadata)
    ))
    this.#askedAt = performance.now()
    this.id = answer.cluster
    if (answer.brokers.length > 0) this.#brokers = new Map(answer.brokers.map((broker) => [broker.id, broker]))
    for (const { error, name, partitions } of answer.topics) {
      const remedy = remedyOf(error)
      if (error !== 0) this.#errors.set(name, error)
      if (error !== 0 && remedy === 'leader' && this.#topics.has(name)) continue
      if (error !== 0 || partitions.length === 0) {
        this.#topics.delete(name)
        continue
      }
      const leaders = new Array<number>(Math.max(...partitions.map(({ index }) => index)) + 1).fill(-1)
      for (const { index, leader } of partitions) leaders[index] = leader
      this.#topics.set(name, { name, leaders })
      this.#errors.delete(name)
    }
  }

  /** Runs `use` with a connection to the first broker that takes it. Rejects as the last one did. */
  async withAnyBroker<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
    const addresses = new Map<string, Address>()
    for (const address of [...this.#connected(), ...shuffled([...this.#brokers.values()]), ...this.#settings.bootstrap]) {
      addresses.set(`${address.host}:${address.port}`, address)
    }
    let last: unknown = new KafkaError('no brokers are named')
    for (const address of addresses.values()) {
      if (this.#closed) break
      try {
        return await use(await this.#connect(address))
      } catch (error) {
        last = error
      }
    }
    throw last
  }

  #connected(): Address[] {
    const brokers = [...this.#brokers.values(), ...this.#settings.bootstrap]
    return brokers.filter(({ host, port }) => this.#connections.has(`${host}:${port}`))
  }

  /** The connection to a broker, made when there is none. Rejects with KafkaError. */
  async broker(id: number): Promise<Connection> {
    const broker = this.#brokers.get(id)
    if (broker === undefined) throw new KafkaError(`the cluster has no broker ${id}`)
    return await this.#connect(broker)
  }

  async #connect({ host, port }: Address): Promise<Connection> {
    const key = `${host}:${port}`
    const known = this.#connections.get(key)
    if (known !== undefined) {
      const connection = await known
      if (connection.isOpen && performance.now() < connection.retireAt) return connection
      // another caller may have replaced it meanwhile
      if (this.#connections.get(key) === known) {
        this.#connections.delete(key)
        connection.retire()
      }
      return await this.#connect({ host, port })
    }
    if (this.#closed) throw new KafkaError('the client is closed')
    const opening = Connection.open(host, port, this.#settings)
    this.#connections.set(key, opening)
    const forget = (): void => { if (this.#connections.get(key) === opening) this.#connections.delete(key) }
    opening.then((connection) => { connection.onClose = forget }, forget)
    return await opening
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    this.#closed = true
    const open = await Promise.allSettled(this.#connections.values())
    for (const result of open) if (result.status === 'fulfilled') result.value.close()
    this.#connections.clear()
  }
}

/** So that a thousand agents do not all ask the same broker. */
function shuffled<T>(items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    const item = items[i]!
    items[i] = items[j]!
    items[j] = item
  }
  return items
}
