/**
 * The faults that every output must outlive, rows O01 to O22: those of Elasticsearch, of HTTP and of any output are tested here, through the
 * delivery engine; those of Kafka and CloudWatch by the tests that the table names.
 */
import { readFileSync } from 'node:fs'
import { createServer as createTls } from 'node:https'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { outputImbalance, type OutputTerms } from '../../src/event/ledger.ts'
import { es } from '../../src/outputs/es.ts'
import { http } from '../../src/outputs/http.ts'
import { Delivery, type DeliveryOptions } from '../../src/pipeline/deliver.ts'
import { Parking } from '../../src/pipeline/parking.ts'
import { DELIVERED, REFUSED, RETRY, delivered, type Output, type Verdict } from '../../src/plugin/output.ts'
import { makeBatch } from '../event/make-batch.ts'
import { FakeOutput, FakeQueue, FrameMaker, letters, limits, log, meter, numbers, running, shown } from '../pipeline/fake-queue.ts'
import { makeCertificate } from '../support/certificate.ts'
import { tempFolder } from '../support/temp.ts'
import { eventually } from '../support/wait.ts'
import { never, optionsOf, outputContext } from './output-context.ts'
import { TestServer, answer, type Received } from './test-server.ts'

/** Rows whose tests stand elsewhere: file below test/ and the test's name. */
const elsewhere: Readonly<Record<string, readonly (readonly [file: string, name: string])[]>> = {
  O09: [['lib/kafka/producer.test.ts', 'are asked for again when a broker leads no more'], ['lib/kafka/producer.test.ts', 'about enough replicas is waited for']],
  O10: [
    ['lib/kafka/producer.test.ts', 'stores nothing twice when the batch had arrived'],
    ['lib/kafka/producer.test.ts', 'of a sequence that it has lost leads to a fresh producer id']
  ],
  O11: [['outputs/kafka.test.ts', 'that the broker does not take are halved, in order, and a message too large alone is refused']],
  O12: [['outputs/kafka.test.ts', 'cannot open without a broker, and says whom it asked'], ['outputs/kafka.test.ts', 'is what was under way when the agent stopped']],
  O13: [['outputs/cloudwatch-logs.test.ts', 'events that are too old, expired or too new are refused with the reason, the others are there']],
  O14: [
    ['outputs/cloudwatch-logs.test.ts', 'a request has at most 1,048,576 bytes of UTF-8 and overhead, however they are spelled'],
    ['outputs/cloudwatch-logs.test.ts', 'a request spans less than 24 hours']
  ],
  O15: [['outputs/cloudwatch-logs.test.ts', 'that others make at the same moment are as good, and a conflict passes']],
  O16: [['outputs/cloudwatch-logs.test.ts', 'credentials that have ended are fetched anew']],
  O18: [['torture/dead-output.test.ts', 'the other is as quick as before, memory stays flat']],
  O22: [
    ['pipeline/replay.test.ts', 'keeps a letter that is refused again, in a new file'], ['pipeline/replay.test.ts', 'goes on where it was after a restart'],
    ['pipeline/dead-letters.test.ts', 'that cannot be written pin the frame and are written once they can']
  ]
}

describe.each(Object.entries(elsewhere))('%s', (_, tests) => {
  it.each(tests)('is tested in %s: %s', (file, name) => {
    expect(readFileSync(path.join(import.meta.dirname, '..', file), 'utf8').replaceAll('\\\'', '\'')).toContain(name)
  })
})

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

interface Rig {
  readonly queue: FakeQueue
  readonly delivery: Delivery
  readonly folder: string
  readonly maker: FrameMaker
}

/** The engine with an output, quick to try again, with dead letters and a parking on disk. */
async function rig(output: Output, over: Partial<DeliveryOptions> = {}): Promise<Rig> {
  const folder = tempFolder('matrix')
  const queue = new FakeQueue()
  const delivery = new Delivery({
    name: 'out', output, limits: { ...limits, maxRecords: 100 }, queue, retry: { base: 4, cap: 30, limit: undefined }, flush: 10, meter: meter(), log,
    deadLetters: letters(folder), parking: new Parking({ directory: path.join(folder, 'parking'), output: 'out', log }), ...over
  })
  delivery.start()
  await running(queue)
  closers.push(() => delivery.stop())
  return { queue, delivery, folder, maker: new FrameMaker() }
}

async function settled({ queue, delivery }: Rig, frames: number): Promise<OutputTerms> {
  await eventually('every frame is done', () => queue.finished.size === frames, { interval: 5, timeout: 15_000 })
  const terms = delivery.ledger({ ...queue.terms, waiting: 0 })
  expect(outputImbalance(terms)).toBe(0)
  return terms
}

async function server(): Promise<{ server: TestServer; port: number }> {
  const made = new TestServer(answer(200, { errors: false }))
  const port = await made.listen()
  closers.push(() => made.close())
  return { server: made, port }
}

async function elasticsearch(port: number, set: { [name: string]: unknown } = {}): Promise<Output> {
  return await es.create(optionsOf(es, set), outputContext({ host: '127.0.0.1', port, net: { io_timeout: 2000 } }))
}

/** The numbers of the documents of a bulk request, in order. */
function documents({ body }: Received): number[] {
  return body.toString().split('\n').filter((line) => line.startsWith('{"@timestamp"')).map((line) => (JSON.parse(line) as { n: number }).n)
}

describe('Elasticsearch', () => {
  it('O01: of a mixed answer 429 and 503 go again, 409 is done, 400 becomes a dead letter', async () => {
    const { server: s, port } = await server()
    const tries = new Map<number, number>()
    s.behaviour = (response, received) => {
      const items = documents(received).map((n) => {
        tries.set(n, (tries.get(n) ?? 0) + 1)
        const status = n % 5 === 1 ? 409 : n % 5 === 2 ? 400 : tries.get(n) === 1 && n % 5 === 3 ? 429 : tries.get(n) === 1 && n % 5 === 4 ? 503 : 201
        return { create: { status, ...(status < 300 ? {} : { error: { type: 't', reason: `r${status}` } }) } }
      })
      answer(200, { errors: true, items })(response, received)
    }
    const r = await rig(await elasticsearch(port))
    for (let i = 0; i < 5; i++) r.queue.push(r.maker.frame(['a', 'b', 'a', 'b', 'a']))
    expect(await settled(r, 5)).toMatchObject({ routed: 25, delivered: 20, dead_lettered: 5, repeated: 5 })
    expect((await shown(r.folder)).map(({ reason, record }) => [reason, (JSON.parse(record) as { n: number }).n % 5])).toEqual(Array(5).fill(['t: r400', 2]))
    expect([...tries].filter(([n]) => n % 5 < 3).every(([, count]) => count === 1)).toBe(true)
  })

  it('O02: 413 splits, and one document beyond the limit becomes a dead letter', async () => {
    const { server: s, port } = await server()
    const taken: number[] = []
    s.behaviour = (response, received) => {
      if (received.body.length > 1500) return answer(413, 'too large')(response, received)
      taken.push(...documents(received))
      answer(200, { errors: false })(response, received)
    }
    const r = await rig(await elasticsearch(port))
    r.queue.push(r.maker.frame(['a', 'b', 'c', 'd']), r.maker.frame(['a'], ['out'], 'app', 'x'.repeat(3000)), r.maker.frame(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']))
    expect(await settled(r, 3)).toMatchObject({ routed: 13, delivered: 12, dead_lettered: 1 })
    expect(taken.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12])
  })

  it('O03: nothing but 429 for long: few requests, nothing lost', async () => {
    const { server: s, port } = await server()
    let busy = true
    s.behaviour = (response, received) => { answer(busy ? 429 : 200, busy ? 'busy' : { errors: false })(response, received) }
    const r = await rig(await elasticsearch(port), { retry: { base: 20, cap: 100, limit: undefined } })
    for (let i = 0; i < 50; i++) r.queue.push(r.maker.frame(['a', 'b']))
    await sleep(1000)
    // half the cap is the shortest wait, but for the first few
    expect(s.received.length).toBeLessThan(30)
    busy = false
    expect(await settled(r, 50)).toMatchObject({ routed: 100, delivered: 100, dead_lettered: 0 })
  })

  it.each([
    [404, 'index_not_found_exception'], [400, 'index_closed_exception'], [403, 'cluster_block_exception']
  ])('O04: an item refused with %d %s waits until somebody mends it', async (status, type) => {
    const { server: s, port } = await server()
    let mended = false
    s.behaviour = (response, received) => {
      const items = documents(received).map((n) => (n % 2 === 0 || mended ? { create: { status: 201 } } : { create: { status, error: { type, reason: 'r' } } }))
      answer(200, { errors: !mended, items })(response, received)
    }
    const r = await rig(await elasticsearch(port))
    r.queue.push(r.maker.frame(['a', 'b', 'c', 'd']))
    await eventually('it was tried again', () => s.received.length > 2)
    mended = true
    expect(await settled(r, 1)).toMatchObject({ routed: 4, delivered: 4, dead_lettered: 0 })
  })

  it('O05: what a field holds stays in its document', async () => {
    const { server: s, port } = await server()
    const output = await elasticsearch(port, { index: 'app-$name', include_tag_key: true })
    const evil = '"}}\n{"delete":{"_index":"all","_id":"1"}}\n'
    await output.write(makeBatch([{ body: { name: evil, [evil]: evil }, tag: evil }]), never)
    const lines = s.received[0]!.body.toString().trimEnd().split('\n')
    expect(lines.length).toBe(2)
    const [action, document] = lines.map((line) => JSON.parse(line) as { create?: { _index: string }; [key: string]: unknown })
    expect(action?.create?._index).toBe(`app-${evil}`)
    expect(document).toMatchObject({ name: evil, [evil]: evil, 'flb-key': evil })
    await output.close?.()
  })

  it.each([
    ['cut', (text: string): string => text.slice(0, 30)], ['not JSON', (): string => '<html>'],
    ['of fewer items', (): string => JSON.stringify({ errors: true, items: [{ create: { status: 201 } }] })]
  ])('O06: an answer that is %s: the whole request again, counted as repeated, and each stored once by its id', async (_, spoil) => {
    const { server: s, port } = await server()
    const stored = new Set<number>()
    let spoilt = 0
    s.behaviour = (response, received) => {
      const items = documents(received).map((n) => ({ create: { status: stored.has(n) ? 409 : 201 } }))
      for (const n of documents(received)) stored.add(n)
      answer(200, spoilt++ === 0 ? spoil(JSON.stringify({ errors: true, items })) : JSON.stringify({ errors: true, items }))(response, received)
    }
    const r = await rig(await elasticsearch(port))
    r.queue.push(r.maker.frame(['a', 'b', 'c']))
    expect(await settled(r, 1)).toMatchObject({ routed: 3, delivered: 3, repeated: 3, dead_lettered: 0 })
    expect(stored.size).toBe(3)
  })
})

describe('HTTP', () => {
  it.each<readonly [string, (socket: Socket) => void]>([
    ['never answers', () => {}],
    ['drips its answer', (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n')
      const timer = setInterval(() => { socket.write('x') }, 20)
      socket.on('close', () => { clearInterval(timer) })
    }],
    ['stalls within its answer', (socket) => { socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nab') }],
    ['resets within its answer', (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx')
      setTimeout(() => { socket.resetAndDestroy() }, 10)
    }]
  ])('O07: a server that %s is given up and asked again', async (_, spoil) => {
    let requests = 0
    const rude = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => {
        if (requests++ === 0) spoil(socket)
        else socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
      })
    })
    await new Promise<void>((resolve) => { rude.listen(0, '127.0.0.1', resolve) })
    closers.push(() => { rude.close() })
    const port = (rude.address() as AddressInfo).port
    const r = await rig(await http.create(optionsOf(http, { 'http.response_timeout': 300 }), outputContext({ host: '127.0.0.1', port })))
    r.queue.push(r.maker.frame(['a']))
    expect(await settled(r, 1)).toMatchObject({ delivered: 1, repeated: 1 })
  })

  it('O08: a name that has no address, a certificate that is not valid and a token that does not come are waited for', async () => {
    const nobody = await http.create(optionsOf(http), outputContext({ host: 'no-such-host.invalid', port: 1 }))
    expect(await nobody.write(makeBatch([{ body: {} }]), never)).toMatchObject({ kind: 'retry', reason: expect.stringContaining('cannot connect to no-such-host.invalid:1') as unknown })

    const folder = tempFolder('matrix')
    const [old, fresh] = [makeCertificate(folder, 'old'), makeCertificate(folder, 'fresh')]
    const read = ({ key, certificate }: typeof old): { key: Buffer; cert: Buffer } => ({ key: readFileSync(key), cert: readFileSync(certificate) })
    const secure = createTls(read(old), (request, response) => { request.resume().on('end', () => response.end()) })
    await new Promise<void>((resolve) => { secure.listen(0, '127.0.0.1', resolve) })
    closers.push(() => { secure.close() })
    const tls = { enabled: true, ca_file: fresh.certificate }
    const r = await rig(await http.create(optionsOf(http), outputContext({ host: '127.0.0.1', port: (secure.address() as AddressInfo).port, tls })))
    r.queue.push(r.maker.frame(['a']))
    await eventually('it was refused', () => r.delivery.status.lastError.includes('self-signed'))
    secure.setSecureContext(read(fresh))
    expect(await settled(r, 1)).toMatchObject({ delivered: 1, repeated: 0 })

    const { server: s, port } = await server()
    let hangs = true
    s.behaviour = (response, received) => {
      if (received.url !== '/token') answer(received.headers.authorization === 'Bearer t' ? 200 : 401)(response, received)
      else if (!hangs) answer(200, { access_token: 't', expires_in: 60 })(response, received)
    }
    const oauth2 = { 'oauth2.enable': true, 'oauth2.token_url': `http://127.0.0.1:${port}/token`, 'oauth2.client_id': 'c', 'oauth2.client_secret': 's', 'oauth2.timeout': 100 }
    const t = await rig(await http.create(optionsOf(http, oauth2), outputContext({ host: '127.0.0.1', port })))
    t.queue.push(t.maker.frame(['a']))
    await eventually('the token did not come', () => t.delivery.status.lastError.includes('no answer within'))
    hangs = false
    expect(await settled(t, 1)).toMatchObject({ delivered: 1, repeated: 0 })
  })
})

describe('any output', () => {
  it('O17: a server that serves three at once and refuses more refuses few: no oscillation', async () => {
    const output = new FakeOutput()
    const service = 5
    let refused = 0
    output.answer = async () => {
      const many = output.underWay > 3
      await sleep(many ? 1 : service)
      if (many) refused++
      return many ? { kind: 'retry', reason: 'busy', throttled: true, after: 1 } : delivered
    }
    const r = await rig(output, { limits: { ...limits, maxRecords: 1, concurrency: 16 }, retry: { base: 1, cap: 2, limit: undefined } })
    const records = 600
    for (let i = 0; i < records / 10; i++) r.queue.push(r.maker.frame(Array(10).fill('a')))
    await settled(r, records / 10)
    // of all requests, those that were refused are what oscillation costs
    expect(refused / output.requests.length).toBeLessThan(0.2)
    expect(output.mostUnderWay).toBeLessThanOrEqual(16)
  })

  it('O19: of 30 % random faults, each record that can be is delivered, and each that never can is a dead letter once', async () => {
    const output = new FakeOutput()
    const permanent = (n: number): boolean => n % 7 === 3
    const got = new Map<number, number>()
    output.answer = (batch) => {
      const outcomes = Uint8Array.from(numbers(batch), (n) => {
        if (permanent(n)) return REFUSED
        if (Math.random() < 0.3) return RETRY
        got.set(n, (got.get(n) ?? 0) + 1)
        return DELIVERED
      })
      return { kind: 'partial', outcomes, reasons: new Map() }
    }
    const r = await rig(output)
    for (let i = 0; i < 30; i++) r.queue.push(r.maker.frame(Array(20).fill('a')))
    const all = Array.from({ length: 600 }, (_, n) => n)
    expect(await settled(r, 30)).toMatchObject({ routed: 600, dead_lettered: all.filter(permanent).length, dropped: {} })
    expect([...got].filter(([, count]) => count !== 1)).toEqual([])
    expect(got.size).toBe(all.filter((n) => !permanent(n)).length)
    expect((await shown(r.folder)).map(({ record }) => (JSON.parse(record) as { n: number }).n).sort((a, b) => a - b)).toEqual(all.filter(permanent))
  })

  it('O20: at recovery of a long backlog one request goes first, then no more at once than there may be', async () => {
    const output = new FakeOutput()
    let down = true
    const first = Promise.withResolvers<Verdict>()
    let after = 0
    output.answer = async () => {
      if (down) return { kind: 'retry', reason: 'down' }
      if (after++ === 0) return await first.promise
      await sleep(1)
      return delivered
    }
    const r = await rig(output)
    for (let i = 0; i < 1000; i++) r.queue.push(r.maker.frame(['a']))
    await eventually('it is down', () => output.requests.length > 3)
    down = false
    output.mostUnderWay = 0
    await eventually('it is probed', () => after === 1)
    await sleep(50)
    expect(after).toBe(1)
    first.resolve(delivered)
    expect(await settled(r, 1000)).toMatchObject({ delivered: 1000 })
    expect(output.mostUnderWay).toBeLessThanOrEqual(limits.concurrency)
  })

  it('O21: all that may be under way is, none of it answered, then all: nothing is stuck', async () => {
    const output = new FakeOutput()
    const held: (() => void)[] = []
    output.answer = () => new Promise((resolve) => { held.push(() => { resolve(delivered) }) })
    const r = await rig(output, { limits: { ...limits, maxRecords: 1 } })
    for (let i = 0; i < 40; i++) r.queue.push(r.maker.frame(['a', 'b']))
    for (let done = 0; done < 80;) {
      await eventually('requests are under way', () => held.length > 0, { interval: 1 })
      done += held.length
      for (const answerNow of held.splice(0)) answerNow()
    }
    expect(await settled(r, 40)).toMatchObject({ routed: 80, delivered: 80 })
  })
})
