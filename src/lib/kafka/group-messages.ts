/**
 * The requests of consumers: groups, their positions, and fetching (https://kafka.apache.org/protocol, "The Messages" and
 * "Consumer Protocol"), written and read as in messages.ts.
 */
import type { WireReader, WireWriter } from './wire.ts'
import { WireReader as Reader, WireWriter as Writer } from './wire.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Items by topic, in order of appearance, as requests want them. */
function byTopic<T extends TopicPartition>(items: readonly T[]): [string, T[]][] {
  const topics = new Map<string, T[]>()
  for (const item of items) {
    const same = topics.get(item.topic)
    if (same === undefined) topics.set(item.topic, [item])
    else same.push(item)
  }
  return [...topics]
}

function writeByTopic<T extends TopicPartition>(w: WireWriter, items: readonly T[], write: (item: T) => void): void {
  w.array(byTopic(items), ([topic, parts]) => {
    w.string(topic)
    w.array(parts, write)
  })
}

function readByTopic<T>(r: WireReader, read: (r: WireReader, topic: string) => T): T[] {
  return r.array((item) => {
    const topic = item.string()
    return item.array((part) => read(part, topic))
  }).flat()
}

// ---- FindCoordinator

export function writeFindCoordinator(w: WireWriter, group: string): void {
  w.string(group)
  w.int8(0)
}

export function readFindCoordinator(r: WireReader): { readonly error: number; readonly message: string | null; readonly id: number } {
  r.int32()
  return { error: r.int16(), message: r.nullableString(), id: r.int32() }
}

// ---- JoinGroup

export interface Member {
  readonly id: string
  readonly topics: readonly string[]
}

export interface JoinRequest {
  readonly group: string
  readonly sessionTimeout: number
  readonly rebalanceTimeout: number
  readonly member: string
  readonly instance: string | null
  /** Ways to assign partitions, the preferred one first. */
  readonly strategies: readonly string[]
  readonly topics: readonly string[]
}

export function writeJoinGroup(w: WireWriter, request: JoinRequest): void {
  const subscription = new Writer(256)
  subscription.int16(0)
  subscription.array(request.topics, (topic) => subscription.string(topic))
  subscription.blob(null)
  w.string(request.group)
  w.int32(request.sessionTimeout)
  w.int32(request.rebalanceTimeout)
  w.string(request.member)
  w.string(request.instance)
  w.string('consumer')
  w.array(request.strategies, (name) => {
    w.string(name)
    w.blob(subscription.view())
  })
}

export interface Joined {
  readonly error: number
  readonly generation: number
  readonly strategy: string
  readonly leader: string
  readonly member: string
  /** All members, for the leader only. */
  readonly members: readonly Member[]
}

export function readJoinGroup(r: WireReader): Joined {
  r.int32()
  const head = { error: r.int16(), generation: r.int32(), strategy: r.string(), leader: r.string(), member: r.string() }
  const members = r.array((item) => {
    const id = item.string()
    item.nullableString()
    return { id, topics: readSubscription(item.blob()) }
  })
  return { ...head, members }
}

function readSubscription(bytes: Buffer | null): string[] {
  if (bytes === null || bytes.length < 6) return []
  const r = new Reader(bytes)
  r.int16()
  return r.array((item) => item.string())
}

// ---- SyncGroup

export interface Membership {
  readonly group: string
  readonly generation: number
  readonly member: string
  readonly instance: string | null
}

export function writeSyncGroup(w: WireWriter, membership: Membership, assignments: ReadonlyMap<string, readonly TopicPartition[]>): void {
  writeMembership(w, membership)
  w.array([...assignments], ([member, partitions]) => {
    const bytes = new Writer(256)
    bytes.int16(0)
    writeByTopic(bytes, partitions, ({ partition }) => bytes.int32(partition))
    bytes.blob(null)
    w.string(member)
    w.blob(bytes.view())
  })
}

export function readSyncGroup(r: WireReader): { readonly error: number; readonly partitions: readonly TopicPartition[] } {
  r.int32()
  const error = r.int16()
  const bytes = r.blob()
  if (bytes === null || bytes.length < 6) return { error, partitions: [] }
  const assignment = new Reader(bytes)
  assignment.int16()
  return { error, partitions: readByTopic(assignment, (part, topic) => ({ topic, partition: part.int32() })) }
}

function writeMembership(w: WireWriter, { group, generation, member, instance }: Membership): void {
  w.string(group)
  w.int32(generation)
  w.string(member)
  w.string(instance)
}

// ---- Heartbeat, LeaveGroup

export const writeHeartbeat: (w: WireWriter, membership: Membership) => void = writeMembership

/** Heartbeat and LeaveGroup answer alike, as far as it matters. */
export function readGroupError(r: WireReader): number {
  r.int32()
  return r.int16()
}

export function writeLeaveGroup(w: WireWriter, { group, member, instance }: Membership): void {
  w.string(group)
  w.array([member], (id) => {
    w.string(id)
    w.string(instance)
  })
}

// ---- OffsetFetch, OffsetCommit

export interface Position extends TopicPartition {
  /** The next message to be read; -1 when the group has none. */
  readonly offset: number
}

export function writeOffsetFetch(w: WireWriter, group: string, partitions: readonly TopicPartition[]): void {
  w.string(group)
  writeByTopic(w, partitions, ({ partition }) => w.int32(partition))
}

export function readOffsetFetch(r: WireReader): { readonly error: number; readonly positions: readonly Position[] } {
  r.int32()
  let failed = 0
  const positions = readByTopic(r, (part, topic) => {
    const position = { topic, partition: part.int32(), offset: part.int64() }
    part.int32()
    part.nullableString()
    failed ||= part.int16()
    return position
  })
  return { error: r.int16() || failed, positions }
}

export function writeOffsetCommit(w: WireWriter, { group, generation, member }: Membership, positions: readonly Position[]): void {
  w.string(group)
  w.int32(generation)
  w.string(member)
  writeByTopic(w, positions, ({ partition, offset }) => {
    w.int32(partition)
    w.int64(offset)
    w.int32(-1)
    w.string('')
  })
}

export function readOffsetCommit(r: WireReader): number {
  r.int32()
  return readByTopic(r, (part) => (part.int32(), part.int16())).find((error) => error !== 0) ?? 0
}

// ---- ListOffsets

/** Times that stand for the ends of a log. */
export const EARLIEST = -2
export const LATEST = -1

export function writeListOffsets(w: WireWriter, partitions: readonly TopicPartition[], time: number, committedOnly: boolean): void {
  w.int32(-1)
  w.int8(committedOnly ? 1 : 0)
  writeByTopic(w, partitions, ({ partition }) => {
    w.int32(partition)
    w.int64(time)
  })
}

export function readListOffsets(r: WireReader): (Position & { readonly error: number })[] {
  r.int32()
  return readByTopic(r, (part, topic) => {
    const [partition, error] = [part.int32(), part.int16()]
    part.int64()
    return { topic, partition, error, offset: part.int64() }
  })
}

// ---- Fetch

export interface FetchRequest {
  readonly positions: readonly Position[]
  /** Milliseconds and bytes that the broker waits for. */
  readonly maxWait: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly partitionBytes: number
  /** Leave out what belongs to open transactions. */
  readonly committedOnly: boolean
}

export function writeFetch(w: WireWriter, { positions, maxWait, minBytes, maxBytes, partitionBytes, committedOnly }: FetchRequest): void {
  w.int32(-1)
  w.int32(maxWait)
  w.int32(minBytes)
  w.int32(maxBytes)
  w.int8(committedOnly ? 1 : 0)
  // no session: every request names all partitions
  w.int32(0)
  w.int32(-1)
  writeByTopic(w, positions, ({ partition, offset }) => {
    w.int32(partition)
    w.int32(-1)
    w.int64(offset)
    w.int64(-1)
    w.int32(partitionBytes)
  })
  w.int32(0)
  w.string('')
}

export interface Fetched extends TopicPartition {
  readonly error: number
  /** Where the log begins. */
  readonly logStart: number
  readonly aborted: readonly { readonly producerId: bigint; readonly first: number }[]
  readonly records: Buffer
}

export function readFetch(r: WireReader): { readonly error: number; readonly throttle: number; readonly parts: readonly Fetched[] } {
  const throttle = r.int32()
  const error = r.int16()
  r.int32()
  const parts = readByTopic(r, (part, topic): Fetched => {
    const [partition, failure] = [part.int32(), part.int16()]
    part.int64()
    part.int64()
    const logStart = part.int64()
    const count = part.int32()
    const aborted: { producerId: bigint; first: number }[] = []
    for (let i = 0; i < count; i++) aborted.push({ producerId: part.take(8).readBigInt64BE(), first: part.int64() })
    part.int32()
    return { topic, partition, error: failure, logStart, aborted, records: part.blob() ?? Buffer.alloc(0) }
  })
  return { error, throttle, parts }
}
