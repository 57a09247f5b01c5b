/**
 * forward: takes records from Fluentd, Fluent Bit and Docker by the forward protocol (Fluentd, Forward Protocol
 * Specification v1), in every mode of it. A message that asks for an acknowledgement gets it when its records are on the
 * disk; one sync serves all that came meanwhile.
 */
import { hostname } from 'node:os'
import { PluginError } from '../plugin/context.ts'
import { defineInput, type Input, type InputContext, type TagHandle } from '../plugin/input.ts'
import type { Fields, OptionsOf } from '../config/fields.ts'
import { scanObject } from '../event/json-scan.ts'
import { BLOCK } from '../event/record.ts'
import type { Stream } from '../event/stream.ts'
import { ByteWriter } from '../lib/byte-writer.ts'
import { Connection } from './forward/connection.ts'
import type { Secrets } from './forward/handshake.ts'
import { eachEvent, type Message } from './forward/message.ts'
import { Listener, listenOptions } from './shared/listener.ts'

const TAGS = 5_000

const options = {
  ...listenOptions,
  'port': { kind: 'integer', default: 24224, min: 0, max: 65_535, example: '24224', doc: 'Port to listen on.' },
  'unix_path': { kind: 'string', example: '/var/run/fantail.sock', doc: 'Socket in the file system to listen on, instead of a port.' },
  'unix_perm': { kind: 'string', example: '0660', doc: 'Permissions of unix_path, octal.' },
  'tag_prefix': { kind: 'string', example: 'remote.', doc: 'Put before the tags that come.' },
  'shared_key': { kind: 'string', secret: true, example: 'file:///run/secrets/key', doc: 'Let in only clients that have this key.' },
  'empty_shared_key': { kind: 'boolean', default: false, example: 'on', doc: 'Shake hands with an empty key.' },
  'self_hostname': { kind: 'string', example: 'aggregator-1', doc: 'Our name in the handshake; that of the machine when not set.' },
  'security.users': {
    kind: 'words', count: 2, multiple: true, secret: true, example: 'alice secret',
    doc: 'Let in only these users, `name password`; needs shared_key.'
  },
  'buffer_max_size': {
    kind: 'size', default: 6_144_000, example: '16M', doc: 'A message longer than this ends its connection.'
  },
  'buffer_chunk_size': {
    kind: 'size', default: 1_024_000, example: '1M', doc: 'Step in which a buffer grows.', withoutEffect: 'buffers grow as messages need it'
  },
  'workers': {
    kind: 'integer', default: 1, min: 1, example: '2', doc: 'Threads that listen.', withoutEffect: 'one thread serves all connections'
  }
} as const satisfies Fields

export default defineInput({
  name: 'forward',
  summary: 'Takes records from Fluentd and Fluent Bit by the forward protocol.',
  description: 'Tags come with the records, unless the configuration gives one and no tag_prefix. Records are kept on disk (`storage.type filesystem`) unless the configuration says otherwise, '
    + 'and an acknowledgement is sent when they are there.',
  options,
  examples: [
    { title: 'An aggregator', config: 'name: forward\nport: 24224' },
    {
      title: 'With a shared key, encrypted',
      config: 'name: forward\nport: 24224\nshared_key: a-long-secret\nself_hostname: aggregator\ntls: on\ntls.crt_file: /etc/fantail/server.crt\n'
        + 'tls.key_file: /etc/fantail/server.key'
    }
  ],
  volatile: true,
  acknowledges: true,
  create: async (values, context) => {
    const secrets = secretsOf(values)
    const forward = new Forward(values, context, secrets)
    await forward.prepare()
    return forward
  }
})

function secretsOf(values: OptionsOf<typeof options>): Secrets | undefined {
  const users = values['security.users']
  const key = values.shared_key ?? (values.empty_shared_key ? '' : undefined)
  if (key === undefined) {
    if (users.length > 0) throw new PluginError('security.users needs shared_key', 'security.users')
    return undefined
  }
  return { key, hostname: values.self_hostname ?? hostname(), users: new Map(users.map(([user = '', password = '']) => [user, password])) }
}

export class Forward implements Input {
  readonly #context: InputContext
  readonly #values: OptionsOf<typeof options>
  readonly #secrets: Secrets | undefined
  readonly #stream: Stream
  /** A tag that the configuration gives is that of all records. */
  readonly #fixedTag: string | undefined
  readonly #tags = new Map<string, TagHandle>()
  /** Tags that need not be waited for any more. */
  readonly #awaited = new WeakSet<TagHandle>()
  readonly #body = new ByteWriter()
  #listener: Listener | undefined
  #position = 0
  #full = false
  readonly #connections = new Set<Connection>()

  constructor(values: OptionsOf<typeof options>, context: InputContext, secrets: Secrets | undefined) {
    const { ingest, name, recovered } = context
    this.#context = context
    this.#values = values
    this.#secrets = secrets
    this.#fixedTag = context.given.some((option) => option.name === 'tag') ? context.tag : undefined
    // nothing more will come from what was before: connections cannot be read again
    for (const old of recovered) if (!old.closed) ingest.closeStream(ingest.resumeStream(old.uid, old.generation, old.identity))
    this.#stream = ingest.openStream({ input: name, path: values.unix_path ?? `${values.listen}:${values.port}`, marks: {} })
    context.meter.gauge('fantail_input_connections', () => this.#connections.size)
  }

  async prepare(): Promise<void> {
    const { listen, port, unix_path: path, unix_perm: permissions } = this.#values
    this.#listener = await Listener.create(this.#values, { host: listen, port, path, permissions }, (socket) => {
      const connection = new Connection(socket, {
        log: this.#context.log,
        secrets: this.#secrets,
        largest: this.#values.buffer_max_size,
        ready: (message) => this.#ready(message),
        take: (message) => this.#take(message),
        malformed: () => this.#context.ingest.drop('malformed', 1),
        commit: () => this.#context.ingest.commit(),
        safe: () => this.#context.ingest.durable(),
        closed: () => this.#connections.delete(connection)
      })
      this.#connections.add(connection)
      if (this.#full) connection.pause()
    })
  }

  get port(): number {
    return this.#listener?.port ?? 0
  }

  async start(): Promise<void> {
    await this.#listener?.listen()
  }

  async stop(): Promise<void> {
    for (const connection of this.#connections) connection.pause()
    const { ingest } = this.#context
    ingest.closeStream(this.#stream)
    // what was taken is acknowledged, so that it is not sent again
    await ingest.durable()
    await Promise.all([...this.#connections].map((connection) => connection.end()))
    await this.#listener?.close()
  }

  /** What its tag needs before its first record. */
  #ready(message: Message): Promise<void> | undefined {
    const tag = this.#tag(message)
    return this.#awaited.has(tag) ? undefined : tag.ready?.finally(() => this.#awaited.add(tag))
  }

  #take(message: Message): void {
    const { ingest, log } = this.#context
    if (message.signal !== 0) {
      ingest.drop('not logs', 1)
      log.warn('Metrics and traces are not taken; what came of them was dropped.')
      return
    }
    const tag = this.#tag(message)
    const { record } = ingest
    const whole = eachEvent(message.entries, this.#body, ({ seconds, nanos, metadata }) => {
      const body = this.#body.view()
      record.useBlock(body)
      record.setTime(seconds, nanos)
      record.metadata = metadata
      scanObject(record, BLOCK, 0, body.length)
      ingest.emit(tag, this.#stream, this.#position, ++this.#position)
    })
    if (!whole) {
      ingest.drop('malformed', 1)
      log.warn('A message of the forward protocol holds what is no record; the rest of it was dropped.', { tag: message.tag })
    }
    if (!ingest.hasRoom()) this.#wait()
  }

  #tag(message: Message): TagHandle {
    const { tag_prefix: prefix } = this.#values
    const text = prefix === undefined ? this.#fixedTag ?? message.tag : prefix + message.tag
    let tag = this.#tags.get(text)
    if (tag === undefined) {
      if (this.#tags.size >= TAGS) this.#tags.clear()
      this.#tags.set(text, (tag = this.#context.ingest.tag(text)))
    }
    return tag
  }

  /** Nothing is read while the buffer is full; the senders wait. */
  #wait(): void {
    if (this.#full) return
    this.#full = true
    for (const connection of this.#connections) connection.pause()
    this.#context.ingest.whenRoom(() => {
      this.#full = false
      for (const connection of this.#connections) connection.resume()
    })
  }
}
