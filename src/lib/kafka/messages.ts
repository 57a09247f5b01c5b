/**
 * The requests that we make and what is read of their answers (https://kafka.apache.org/protocol, "The Messages"), each in
 * one version, or two, of the classic encoding. An answer is read from behind its header.
 */
import type { WireReader, WireWriter } from './wire.ts'

/** API key, and the versions that we speak: the newest that the broker knows too is used. */
export interface Api {
  readonly name: string
  readonly key: number
  readonly least: number
  readonly newest: number
}

const api = (name: string, key: number, least: number, newest = least): Api => ({ name, key, least, newest })

export const PRODUCE = api('Produce', 0, 3, 8)
export const FETCH = api('Fetch', 1, 11)
export const LIST_OFFSETS = api('ListOffsets', 2, 2)
export const METADATA = api('Metadata', 3, 4)
export const OFFSET_COMMIT = api('OffsetCommit', 8, 6)
export const OFFSET_FETCH = api('OffsetFetch', 9, 5)
export const FIND_COORDINATOR = api('FindCoordinator', 10, 1)
export const JOIN_GROUP = api('JoinGroup', 11, 5)
export const HEARTBEAT = api('Heartbeat', 12, 3)
export const LEAVE_GROUP = api('LeaveGroup', 13, 3)
export const SYNC_GROUP = api('SyncGroup', 14, 3)
export const SASL_HANDSHAKE = api('SaslHandshake', 17, 1)
export const API_VERSIONS = api('ApiVersions', 18, 0)
export const INIT_PRODUCER_ID = api('InitProducerId', 22, 0, 1)
export const SASL_AUTHENTICATE = api('SaslAuthenticate', 36, 0, 1)

// ---- ApiVersions

export interface VersionRange {
  readonly least: number
  readonly newest: number
}

export function readApiVersions(r: WireReader): { readonly error: number; readonly versions: ReadonlyMap<number, VersionRange> } {
  const error = r.int16()
  const versions = new Map(r.array((item) => [item.int16(), { least: item.int16(), newest: item.int16() }] as const))
  return { error, versions }
}

// ---- Metadata

export interface Broker {
  readonly id: number
  readonly host: string
  readonly port: number
}

export interface PartitionMetadata {
  readonly error: number
  readonly index: number
  /** Id of the leader; -1 when there is none. */
  readonly leader: number
}

export interface TopicMetadata {
  readonly error: number
  readonly name: string
  readonly partitions: readonly PartitionMetadata[]
}

export interface Metadata {
  /** Id of the cluster. */
  readonly cluster: string
  readonly brokers: readonly Broker[]
  readonly topics: readonly TopicMetadata[]
}

/** No topics: only the brokers. Null: all topics. `create`: the broker may make topics that do not exist. */
export function writeMetadata(w: WireWriter, topics: readonly string[] | null, create: boolean): void {
  if (topics === null) w.int32(-1)
  else w.array(topics, (topic) => w.string(topic))
  w.boolean(create)
}

export function readMetadata(r: WireReader): Metadata {
  r.int32()
  const brokers = r.array((item) => {
    const broker = { id: item.int32(), host: item.string(), port: item.int32() }
    item.nullableString()
    return broker
  })
  const cluster = r.string()
  r.int32()
  const topics = r.array((item) => ({
    error: item.int16(),
    name: item.string(),
    partitions: (item.boolean(), item.array((part) => {
      const partition = { error: part.int16(), index: part.int32(), leader: part.int32() }
      part.array((id) => id.int32())
      part.array((id) => id.int32())
      return partition
    }))
  }))
  return { cluster, brokers, topics }
}

// ---- Produce

export interface ProducePart {
  readonly topic: string
  readonly partition: number
  readonly batch: Buffer
}

/** The request in pieces, so that batches are not copied. `acks`: -1 all replicas in sync, 1 the leader, 0 none. */
export function writeProduce(w: WireWriter, parts: readonly ProducePart[], acks: number, timeout: number): Buffer[] {
  const topics = new Map<string, ProducePart[]>()
  for (const part of parts) {
    const same = topics.get(part.topic)
    if (same === undefined) topics.set(part.topic, [part])
    else same.push(part)
  }
  const cuts: [at: number, batch: Buffer][] = []
  w.string(null)
  w.int16(acks)
  w.int32(timeout)
  w.int32(topics.size)
  for (const [topic, some] of topics) {
    w.string(topic)
    w.int32(some.length)
    for (const { partition, batch } of some) {
      w.int32(partition)
      w.int32(batch.length)
      cuts.push([w.length, batch])
    }
  }
  const bytes = w.view()
  const pieces: Buffer[] = []
  let from = 0
  for (const [at, batch] of cuts) {
    pieces.push(bytes.subarray(from, at), batch)
    from = at
  }
  if (from < bytes.length) pieces.push(bytes.subarray(from))
  return pieces
}

export interface ProduceAnswer {
  readonly topic: string
  readonly partition: number
  readonly error: number
  /** In the broker's words, if any. */
  readonly message: string | null
  /** Records that made the batch fail, by their place in it. */
  readonly records: readonly (readonly [index: number, message: string | null])[]
}

export function readProduce(r: WireReader, version: number): { readonly parts: readonly ProduceAnswer[]; readonly throttle: number } {
  const parts = r.array((item) => {
    const topic = item.string()
    return item.array((part): ProduceAnswer => {
      const partition = part.int32()
      const error = part.int16()
      part.int64()
      part.int64()
      if (version >= 5) part.int64()
      if (version < 8) return { topic, partition, error, message: null, records: [] }
      const records = part.array((record) => [record.int32(), record.nullableString()] as const)
      return { topic, partition, error, records, message: part.nullableString() }
    })
  }).flat()
  return { parts, throttle: r.int32() }
}

// ---- InitProducerId

export function writeInitProducerId(w: WireWriter): void {
  w.string(null)
  w.int32(60_000)
}

export function readInitProducerId(r: WireReader): { readonly error: number; readonly producerId: bigint; readonly epoch: number } {
  r.int32()
  const error = r.int16()
  const producerId = r.take(8).readBigInt64BE()
  return { error, producerId, epoch: r.int16() }
}

// ---- SASL

export function readSaslHandshake(r: WireReader): { readonly error: number; readonly mechanisms: readonly string[] } {
  return { error: r.int16(), mechanisms: r.array((item) => item.string()) }
}

export interface SaslAnswer {
  readonly error: number
  readonly message: string | null
  readonly bytes: Buffer
  /** Milliseconds after which the broker wants a new login; 0 for never. */
  readonly lifetime: number
}

export function readSaslAuthenticate(r: WireReader, version: number): SaslAnswer {
  const error = r.int16()
  const message = r.nullableString()
  const bytes = r.blob() ?? Buffer.alloc(0)
  return { error, message, bytes, lifetime: version >= 1 ? r.int64() : 0 }
}
