import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import forward, { type Forward } from '../../src/inputs/forward.ts'
import { defaultOf } from '../../src/config/values.ts'
import { pack } from '../support/msgpack.ts'
import { eventually, sleep } from '../support/wait.ts'
import { readMsgpack } from '../outputs/shared/read-msgpack.ts'
import { RecordingIngest, makeContext } from './recording-ingest.ts'

type Options = Parameters<typeof forward.create>[0]

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(ingest: RecordingIngest, given: Partial<Options> = {}): Promise<{ input: Forward; messages: string[] }> {
  const values = Object.fromEntries(Object.entries(forward.options).map(([name, field]) => [name, 'multiple' in field ? [] : defaultOf(field)]))
  const context = makeContext(ingest)
  const input = await forward.create({ ...values, listen: '127.0.0.1', port: 0, ...given } as Options, context) as Forward
  await input.start()
  closers.push(() => input.stop())
  return { input, messages: context.report.messages }
}

/** A client that keeps what it is answered. */
class Client {
  readonly socket: Socket
  answers = Buffer.alloc(0)
  closed = false

  constructor (where: number | string) {
    this.socket = typeof where === 'number' ? connect(where, '127.0.0.1') : connect(where)
    this.socket.on('data', (bytes: Buffer) => { this.answers = Buffer.concat([this.answers, bytes]) })
    this.socket.on('error', () => {})
    this.socket.on('close', () => { this.closed = true })
    closers.push(() => this.socket.destroy())
  }

  send (...values: unknown[]): void {
    this.socket.write(Buffer.concat(values.map(pack)))
  }

  async answer (): Promise<unknown> {
    return eventually('an answer', () => {
      if (this.answers.length === 0) return undefined
      const { value, next } = readMsgpack(this.answers)
      this.answers = this.answers.subarray(next)
      return value
    })
  }
}

const has = (ingest: RecordingIngest, count: number): Promise<boolean> => eventually(`${count} records`, () => ingest.records.length >= count)

describe('every mode of the protocol', () => {
  it('is taken: a message, a list, a packed list, compressed or not, in any pieces', async () => {
    const ingest = new RecordingIngest()
    const { input } = await start(ingest, { tag_prefix: 'in.' })
    const client = new Client(input.port)
    const entries = (n: number): Buffer => Buffer.concat([pack([1_795_534_312, { n }]), pack([1_795_534_313, { n: n + 1, text: 'äö "q"' }])])
    const all = Buffer.concat([
      pack(null), pack(['app', 1_795_534_312, { n: 0 }]), pack(['app', [[1_795_534_312, { n: 1 }], [1_795_534_312, { n: 2 }]], { size: 2 }]),
      pack(['app', entries(3)]), pack(['app', gzipSync(entries(5)), { compressed: 'gzip' }]),
      pack(['app', zstdCompressSync(entries(7)), { compressed: 'zstd' }]), pack(['app', Buffer.concat([gzipSync(entries(9)), gzipSync(entries(11))]), { compressed: 'gzip' }])
    ])
    for (let at = 0; at < all.length; at += 13) {
      client.socket.write(all.subarray(at, at + 13))
      if (at % 5 === 0) await sleep(1)
    }
    await has(ingest, 13)
    expect(ingest.values('n')).toEqual(Array.from({ length: 13 }, (_, i) => i))
    expect(ingest.records[4]).toMatchObject({ tag: 'in.app', seconds: 1_795_534_313, members: { n: 4, text: 'äö "q"' } })
    expect(ingest.overlaps).toEqual([])
  })

  it('is acknowledged when the records are safe, and not before', async () => {
    const ingest = new RecordingIngest()
    const gate = Promise.withResolvers<void>()
    ingest.syncing = gate.promise
    const { input } = await start(ingest)
    const client = new Client(input.port)
    client.send(['app', [[1, { n: 1 }]], { chunk: 'abc=' }])
    await has(ingest, 1)
    await sleep(30)
    expect(client.answers.length).toBe(0)
    gate.resolve()
    expect(await client.answer()).toEqual({ ack: 'abc=' })
  })
})

describe('what is no message', () => {
  it('ends its connection, counted, and no other', async () => {
    const ingest = new RecordingIngest()
    const { input, messages } = await start(ingest, { buffer_max_size: 1000 })
    const [http, long, good] = [new Client(input.port), new Client(input.port), new Client(input.port)]
    http.socket.write('GET / HTTP/1.1\r\n\r\n')
    long.send(['app', 1, { text: 'x'.repeat(2000) }].slice(0, 1), ['app', Buffer.alloc(3000)])
    long.socket.write(pack(['app', Buffer.alloc(3000)]).subarray(0, 1500))
    await eventually('both are ended', () => http.closed && long.closed)
    good.send(['app', 1, { n: 1 }])
    await has(ingest, 1)
    expect(messages.join()).toContain('is not the forward protocol')
    expect(ingest.dropped['malformed']).toBeGreaterThan(0)
  })

  it('within a message costs the rest of it', async () => {
    const ingest = new RecordingIngest()
    const { input } = await start(ingest)
    const client = new Client(input.port)
    client.send(['app', Buffer.concat([pack([1, { n: 1 }]), Buffer.from([0xc1, 0xc1])]), { chunk: 'c' }])
    expect(await client.answer()).toEqual({ ack: 'c' })
    expect([ingest.values('n'), ingest.dropped]).toEqual([[1], { malformed: 1 }])
  })
})

describe('a shared key', () => {
  const salt = Buffer.from([0, 255, 128, 10, 97])
  const sha512 = (...parts: (string | Buffer)[]): string => createHash('sha512').update(Buffer.concat(parts.map((part) => Buffer.from(part)))).digest('hex')

  async function shake (key: string, user = 'alice', password = 'secret'): Promise<{ pong: unknown[]; ingest: RecordingIngest; client: Client; nonce: string }> {
    const ingest = new RecordingIngest()
    const { input } = await start(ingest, { shared_key: 'right', self_hostname: 'server', 'security.users': [['alice', 'secret']] })
    const client = new Client(input.port)
    const [helo, { nonce, auth }] = await client.answer() as [string, { nonce: string; auth: string }]
    expect(helo).toBe('HELO')
    client.send(['PING', 'client', salt, sha512(salt, 'client', nonce, key), user, sha512(auth, user, password)])
    const pong = await client.answer() as unknown[]
    client.send(['app', 1, { n: 1 }])
    return { pong, ingest, client, nonce }
  }

  it('lets in who has it, and proves that we have it too', async () => {
    const { pong, ingest, nonce } = await shake('right')
    expect(pong).toEqual(['PONG', true, '', 'server', sha512(salt, 'server', nonce, 'right')])
    await has(ingest, 1)
  })

  it.each([['wrong', 'alice', 'secret'], ['right', 'alice', 'wrong'], ['right', 'bob', 'secret']])('keeps out others: %s %s %s', async (...who) => {
    const { pong, ingest, client } = await shake(...who)
    expect(pong.slice(0, 2)).toEqual(['PONG', false])
    await eventually('the end of the connection', () => client.closed)
    expect(ingest.records).toEqual([])
  })
})

describe('connections', () => {
  it('wait while there is no room', async () => {
    const ingest = new RecordingIngest()
    const { input } = await start(ingest)
    const client = new Client(input.port)
    ingest.room = false
    client.send(['app', 1, { n: 1 }], ['app', 1, { n: 2 }], ['app', 1, { n: 3 }])
    await has(ingest, 1)
    await sleep(50)
    client.send(['app', 1, { n: 4 }])
    await sleep(50)
    expect(ingest.values('n')).toEqual([1])
    ingest.makeRoom()
    await has(ingest, 4)
    expect(ingest.values('n')).toEqual([1, 2, 3, 4])
  })

  it('may come by a socket in the file system, also where a dead one was left', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'forward-'))
    closers.push(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'socket')
    try {
      execFileSync(process.execPath, ['-e', `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`], { stdio: 'ignore' })
    } catch {
      // it killed itself
    }
    const ingest = new RecordingIngest()
    await start(ingest, { unix_path: path, unix_perm: '0600' })
    new Client(path).send(['app', 1, { n: 1 }])
    await has(ingest, 1)
  })

  it('are encrypted when asked for, which needs a certificate', async () => {
    await expect(start(new RecordingIngest(), { tls: true })).rejects.toThrow('tls.crt_file')
  })
})
