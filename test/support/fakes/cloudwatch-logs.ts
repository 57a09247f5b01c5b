/**
 * A strict stand-in for CloudWatch Logs: it refuses what the service refuses (limits as documented for PutLogEvents,
 * CreateLogGroup, CreateLogStream, PutRetentionPolicy, FilterLogEvents; every signature is checked) and misbehaves when
 * told to, as a healthy implementation never does.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { checkSignature } from './signature.ts'

export interface Event {
  readonly timestamp: number
  readonly message: string
  readonly ingestionTime: number
  readonly eventId: string
}

export interface Group {
  retentionInDays?: number
  readonly made: Readonly<Record<string, unknown>>
  readonly streams: Map<string, Event[]>
}

/** One request, as it came. */
export interface Asked {
  readonly action: string
  readonly input: Readonly<Record<string, unknown>>
  readonly headers: IncomingMessage['headers']
  readonly bytes: number
}

/**
 * What to do instead of the usual, per request: an error of the service by name (with a status), no answer at all, an
 * answer cut in its middle after all was done, a page that is no answer.
 */
export type Fault =
  | { readonly kind: 'error'; readonly name: string; readonly status?: number; readonly message?: string; readonly headers?: { readonly [name: string]: string } }
  | { readonly kind: 'hang' | 'reset' | 'torn' | 'page' | 'lost' }

export class ServiceError extends Error {
  readonly status: number

  constructor(name: string, message: string, status = 400) {
    super(message)
    this.name = name
    this.status = status
  }
}

export const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' } as const
const DAY = 86_400_000
const RETENTIONS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]

export class CloudwatchLogsFake {
  readonly groups = new Map<string, Group>()
  readonly asked: Asked[] = []
  /** Looked at before each request. */
  fault: ((asked: Asked, n: number) => Fault | undefined) | undefined
  /** Secrets by access key id; requests of others are refused. */
  readonly secrets = new Map<string, string>([[KEYS.accessKeyId, KEYS.secretAccessKey]])
  now: () => number = Date.now
  /** Events and bytes of one page of FilterLogEvents. */
  page = { events: 10_000, bytes: 1_048_576 }
  readonly #server: Server
  #ids = 0

  constructor() {
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('error', () => {})
      request.on('end', () => { this.#answer(request, Buffer.concat(parts), response) })
    })
  }

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => { this.#server.listen(port, '127.0.0.1', resolve) })
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => { this.#server.close(resolve) })
  }

  group(name: string, streams: readonly string[] = []): Group {
    const group: Group = { made: {}, streams: new Map(streams.map((stream) => [stream, []])) }
    this.groups.set(name, group)
    return group
  }

  messages(group: string, stream: string): string[] {
    return (this.groups.get(group)?.streams.get(stream) ?? []).map(({ message }) => message)
  }

  asks(action: string): Asked[] {
    return this.asked.filter((asked) => asked.action === action)
  }

  /** Stores an event as if somebody else had sent it. */
  store(group: string, stream: string, timestamp: number, message: string): void {
    const streams = (this.groups.get(group) ?? this.group(group)).streams
    const events = streams.get(stream) ?? []
    streams.set(stream, events)
    events.push({ timestamp, message, ingestionTime: this.now(), eventId: String(++this.#ids).padStart(56, '0') })
  }

  #answer(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    let status = 200
    let answer: unknown
    let asked: Asked | undefined
    let fault: Fault | undefined
    try {
      const action = /^Logs_20140328\.(\w+)$/.exec(String(request.headers['x-amz-target']))?.[1]
      if (action === undefined) throw new ServiceError('UnknownOperationException', 'no operation')
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
      asked = { action, input: JSON.parse(text.toString()) as Asked['input'], headers: request.headers, bytes: body.length }
      this.asked.push(asked)
      fault = this.fault?.(asked, this.asked.length)
      if (fault?.kind === 'hang') return
      if (fault?.kind === 'reset') {
        response.destroy()
        return
      }
      if (fault?.kind === 'page') {
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html>please log in</html>')
        return
      }
      if (fault?.kind === 'error') throw Object.assign(new ServiceError(fault.name, fault.message ?? fault.name, fault.status), { headers: fault.headers })
      const refused = checkSignature(request, body, this.secrets)
      if (refused !== undefined) throw new ServiceError(...refused)
      answer = this.#do(asked)
    } catch (error) {
      if (!(error instanceof ServiceError) && !(error instanceof SyntaxError)) throw error
      status = error instanceof ServiceError ? error.status : 400
      answer = { __type: error instanceof ServiceError ? error.name : 'SerializationException', message: error.message }
      for (const [name, value] of Object.entries((error as { headers?: { [name: string]: string } }).headers ?? {})) response.setHeader(name, value)
    }
    const out = JSON.stringify(answer ?? {})
    response.writeHead(status, {
      'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': `request-${this.asked.length}`, 'content-length': Buffer.byteLength(out) + (fault?.kind === 'torn' ? 10 : 0)
    })
    if (fault?.kind === 'lost') response.destroy()
    else if (fault?.kind === 'torn') response.write(out, () => { response.destroy() })
    else response.end(out)
  }

  #do({ action, input }: Asked): unknown {
    switch (action) {
      case 'PutLogEvents': return this.#put(input as unknown as PutInput)
      case 'CreateLogGroup': return this.#createGroup(input)
      case 'CreateLogStream': return this.#createStream(input)
      case 'PutRetentionPolicy': return this.#retain(input)
      case 'FilterLogEvents': return this.#filter(input as unknown as FilterInput)
      default: throw new ServiceError('UnknownOperationException', action)
    }
  }

  #put({ logGroupName, logStreamName, logEvents }: PutInput): unknown {
    const group = this.#group(logGroupName)
    const stream = group.streams.get(logStreamName)
    if (stream === undefined) throw new ServiceError('ResourceNotFoundException', 'The specified log stream does not exist.')
    const wrong = (message: string): never => { throw new ServiceError('InvalidParameterException', message) }
    if (!Array.isArray(logEvents) || logEvents.length < 1) wrong("1 validation error detected: Value at 'logEvents' failed to satisfy constraint")
    if (logEvents.length > 10_000) wrong('Log events must have length less than or equal to 10000')
    let bytes = 0
    let last = 0
    for (const { timestamp, message } of logEvents) {
      if (!Number.isInteger(timestamp) || timestamp < 0) wrong('timestamp must be 0 or more')
      if (typeof message !== 'string' || message.length === 0) wrong('Log event message must not be empty')
      const size = Buffer.byteLength(message) + 26
      if (size > 1_048_576) wrong('Log event too large')
      bytes += size
      if (timestamp < last) wrong('Log events in a single PutLogEvents request must be in chronological order.')
      last = timestamp
    }
    if (bytes > 1_048_576) wrong(`Upload too large: ${bytes} bytes exceeds limit of 1048576`)
    if (last - logEvents[0]!.timestamp > DAY) wrong('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.')
    return this.#take(group, stream, logEvents)
  }

  #take(group: Group, stream: Event[], events: PutInput['logEvents']): unknown {
    const now = this.now()
    const count = (taken: (timestamp: number) => boolean): number => events.filter(({ timestamp }) => taken(timestamp)).length
    const old = count((time) => time < now - 14 * DAY)
    const retention = group.retentionInDays
    const expired = retention === undefined ? 0 : count((time) => time < now - retention * DAY)
    const fresh = count((time) => time > now + DAY / 12)
    const from = Math.max(old, expired)
    for (const { timestamp, message } of events.slice(from, events.length - fresh)) {
      stream.push({ timestamp, message, ingestionTime: now, eventId: String(++this.#ids).padStart(56, '0') })
    }
    if (old + expired + fresh === 0) return { nextSequenceToken: '1' }
    return {
      nextSequenceToken: '1',
      rejectedLogEventsInfo: {
        ...(old > 0 ? { tooOldLogEventEndIndex: old } : {}),
        ...(expired > 0 ? { expiredLogEventEndIndex: expired } : {}),
        ...(fresh > 0 ? { tooNewLogEventStartIndex: events.length - fresh } : {})
      }
    }
  }

  #group(name: unknown): Group {
    checkName('logGroupName', name, /^[.\-_/#A-Za-z0-9]{1,512}$/)
    const group = this.groups.get(String(name))
    if (group === undefined) throw new ServiceError('ResourceNotFoundException', 'The specified log group does not exist.')
    return group
  }

  #createGroup(input: Asked['input']): void {
    const name = input['logGroupName']
    checkName('logGroupName', name, /^(?!aws\/)[.\-_/#A-Za-z0-9]{1,512}$/)
    if (this.groups.has(String(name))) throw new ServiceError('ResourceAlreadyExistsException', 'The specified log group already exists')
    this.groups.set(String(name), { made: input, streams: new Map() })
  }

  #createStream({ logGroupName, logStreamName }: Asked['input']): void {
    const group = this.#group(logGroupName)
    checkName('logStreamName', logStreamName, /^[^:*]{1,512}$/)
    if (group.streams.has(String(logStreamName))) throw new ServiceError('ResourceAlreadyExistsException', 'The specified log stream already exists')
    group.streams.set(String(logStreamName), [])
  }

  #retain({ logGroupName, retentionInDays }: Asked['input']): void {
    if (!RETENTIONS.includes(Number(retentionInDays))) throw new ServiceError('InvalidParameterException', 'retentionInDays')
    this.#group(logGroupName).retentionInDays = Number(retentionInDays)
  }

  #filter({ logGroupName, logStreamNamePrefix = '', startTime = 0, endTime = Infinity, nextToken, limit = 10_000 }: FilterInput): unknown {
    const found = [...this.#group(logGroupName).streams].filter(([name]) => name.startsWith(logStreamNamePrefix)).flatMap(([name, events]) => (
      events.filter(({ timestamp }) => timestamp >= startTime && timestamp < endTime).map((event) => ({ logStreamName: name, ...event }))
    )).sort((a, b) => a.timestamp - b.timestamp || (a.eventId < b.eventId ? -1 : 1))
    const from = nextToken === undefined ? 0 : found.findIndex(({ eventId }) => eventId === nextToken)
    if (from < 0) throw new ServiceError('InvalidParameterException', 'The specified nextToken is invalid.')
    let to = from
    for (let bytes = 0; to < found.length && to - from < Math.min(limit, this.page.events); to++) {
      bytes += Buffer.byteLength(found[to]!.message)
      if (bytes > this.page.bytes && to > from) break
    }
    const next = found[to]?.eventId
    return { events: found.slice(from, to), ...(next === undefined ? {} : { nextToken: next }) }
  }
}

interface PutInput {
  readonly logGroupName: string
  readonly logStreamName: string
  readonly logEvents: readonly { readonly timestamp: number; readonly message: string }[]
}

interface FilterInput {
  readonly logGroupName: string
  readonly logStreamNamePrefix?: string
  readonly startTime?: number
  readonly endTime?: number
  readonly nextToken?: string
  readonly limit?: number
}

function checkName(field: string, name: unknown, allowed: RegExp): void {
  if (typeof name !== 'string' || !allowed.test(name)) {
    throw new ServiceError('InvalidParameterException', `1 validation error detected: Value at '${field}' failed to satisfy constraint`)
  }
}
