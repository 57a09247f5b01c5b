/** A coordinator of groups: it lets members join when all have asked, passes on what the leader assigns, keeps positions. */
import type { FakeBroker, Request } from './fake-broker.ts'
import type { WireReader, WireWriter } from '../../../src/lib/kafka/wire.ts'

export class FakeGroup {
  readonly #broker: FakeBroker
  readonly positions = new Map<string, number>()
  /** Every commit, in order. */
  readonly commits: string[] = []
  generation = 0
  /** The member that is in the group. */
  member = ''
  /** What the next heartbeats are answered. */
  heartbeat = 0
  /** Error of the next join. */
  joinErrors: number[] = []
  left = 0

  constructor (broker: FakeBroker) {
    this.#broker = broker
  }

  /** Returns whether it is a request for a coordinator. One member at a time: it leads, and its assignment is its own. */
  answer ({ api, reader }: Request, w: WireWriter): boolean {
    switch (api) {
      case 10:
        w.int32(0)
        w.int16(0)
        w.string(null)
        w.int32(this.#broker.id)
        w.string('127.0.0.1')
        w.int32(this.#broker.port)
        return true
      case 11: this.#join(reader, w); return true
      case 14: this.#sync(reader, w); return true
      case 12:
        w.int32(0)
        w.int16(this.heartbeat)
        this.heartbeat = 0
        return true
      case 13:
        this.left++
        w.int32(0)
        w.int16(0)
        w.int32(0)
        return true
      case 9: this.#positionsOf(reader, w); return true
      case 8: this.#commit(reader, w); return true
      case 2: this.#ends(reader, w); return true
      default: return false
    }
  }

  #join (reader: WireReader, w: WireWriter): void {
    reader.string()
    reader.take(8)
    const given = reader.string()
    reader.nullableString()
    reader.string()
    const [first] = reader.array((r) => [r.string(), r.blob()] as const)
    const error = this.joinErrors.shift() ?? (given === '' ? 79 : 0)
    this.member = 'member-1'
    w.int32(0)
    w.int16(error)
    w.int32(error === 0 ? ++this.generation : -1)
    w.string(first![0])
    w.string(this.member)
    w.string(this.member)
    w.array(error === 0 ? [first!] : [], ([, metadata]) => {
      w.string(this.member)
      w.string(null)
      w.blob(metadata)
    })
  }

  #sync (reader: WireReader, w: WireWriter): void {
    reader.string()
    reader.int32()
    reader.string()
    reader.nullableString()
    const [mine] = reader.array((r) => [r.string(), r.blob()] as const)
    w.int32(0)
    w.int16(0)
    w.blob(mine?.[1] ?? null)
  }

  #positionsOf (reader: WireReader, w: WireWriter): void {
    reader.string()
    const topics = reader.array((r) => [r.string(), r.array((p) => p.int32())] as const)
    w.int32(0)
    w.array(topics, ([topic, partitions]) => {
      w.string(topic)
      w.array(partitions, (partition) => {
        w.int32(partition)
        w.int64(this.positions.get(`${topic}/${partition}`) ?? -1)
        w.int32(-1)
        w.string('')
        w.int16(0)
      })
    })
    w.int16(0)
  }

  #commit (reader: WireReader, w: WireWriter): void {
    reader.string()
    reader.int32()
    reader.string()
    const topics = reader.array((r) => [r.string(), r.array((p) => {
      const [partition, offset] = [p.int32(), p.int64()]
      p.int32()
      p.nullableString()
      return [partition, offset] as const
    })] as const)
    w.int32(0)
    w.array(topics, ([topic, partitions]) => {
      w.string(topic)
      w.array(partitions, ([partition, offset]) => {
        this.positions.set(`${topic}/${partition}`, offset)
        this.commits.push(`${topic}/${partition}@${offset}`)
        w.int32(partition)
        w.int16(0)
      })
    })
  }

  #ends (reader: WireReader, w: WireWriter): void {
    reader.take(5)
    const topics = reader.array((r) => [r.string(), r.array((p) => [p.int32(), p.int64()] as const)] as const)
    w.int32(0)
    w.array(topics, ([topic, partitions]) => {
      w.string(topic)
      w.array(partitions, ([partition, time]) => {
        const key = `${topic}/${partition}`
        w.int32(partition)
        w.int16(0)
        w.int64(-1)
        w.int64(time === -2 ? this.#broker.starts.get(key) ?? 0 : this.#broker.logs.get(key)?.at(-1)?.next ?? 0)
      })
    })
  }
}
