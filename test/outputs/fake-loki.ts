/** Loki's push API as strict as the real one: it refuses what the service would refuse, and takes the rest of a request. */
import { gunzipSync } from 'node:zlib'
import { TestServer, answer } from './test-server.ts'

interface Push {
  readonly streams: readonly { readonly stream: { readonly [name: string]: string }; readonly values: readonly (readonly unknown[])[] }[]
}

export interface TakenLine {
  readonly tenant: string
  readonly labels: string
  /** Nanoseconds. */
  readonly time: bigint
  readonly line: string
  readonly metadata: object
}

export class FakeLoki extends TestServer {
  readonly lines: TakenLine[] = []
  /** Lines that were there already: kept once, as Loki does. */
  repeated = 0
  /** Bounds of times it takes, in seconds. */
  oldest = 0
  newest = 4_000_000_000
  longest = 262_144
  /** Told of every line that is taken, instead of keeping it. */
  taken: ((line: string) => void) | undefined

  constructor() {
    super((response, received) => {
      const json = received.headers['content-encoding'] === 'gzip' ? gunzipSync(received.body) : received.body
      const wrong = this.#take(JSON.parse(json.toString()) as Push, String(received.headers['x-scope-orgid'] ?? ''))
      if (received.headers['content-type'] !== 'application/json') answer(415, 'content type')(response, received)
      else answer(wrong === undefined ? 204 : 400, wrong ?? '')(response, received)
    })
  }

  /** What is wrong with the last line that is not taken; the others are. */
  #take(push: Push, tenant: string): string | undefined {
    let wrong: string | undefined
    for (const { stream, values } of push.streams) {
      const labels = Object.entries(stream)
      if (labels.length === 0) wrong = 'error at least one label pair is required per stream'
      for (const [name, value] of labels) {
        if (!/^[A-Za-z_]\w*$/.test(name) || typeof value !== 'string') throw new Error(`no label: ${name}=${String(value)}`)
      }
      const text = `{${labels.map(([name, value]) => `${name}="${value}"`).sort().join(', ')}}`
      for (const [time, line, metadata = {}, ...rest] of values) {
        if (typeof time !== 'string' || !/^\d{19}$/.test(time)) throw new Error(`no time: ${String(time)}`)
        if (typeof line !== 'string' || rest.length > 0) throw new Error('no line')
        for (const value of Object.values(metadata as object)) if (typeof value !== 'string') throw new Error('no metadata')
        const at = new Date(Number(BigInt(time) / 1_000_000n)).toISOString()
        const seconds = Number(BigInt(time) / 1_000_000_000n)
        if (seconds < this.oldest) {
          const bound = new Date(this.oldest * 1000).toISOString().replace('.000', '')
          wrong = `entry for stream '${text}' has timestamp too old: ${at}, oldest acceptable timestamp is: ${bound}`
        } else if (seconds > this.newest) wrong = `entry for stream '${text}' has timestamp too new: ${at}`
        else if (line.length > this.longest) wrong = `Max entry size '${this.longest}' bytes exceeded for stream '${text}'`
        else if (this.taken !== undefined) this.taken(line)
        else if (this.lines.some((known) => known.labels === text && known.time === BigInt(time) && known.line === line)) this.repeated++
        else this.lines.push({ tenant, labels: text, time: BigInt(time), line, metadata: metadata as object })
      }
    }
    return wrong
  }
}
