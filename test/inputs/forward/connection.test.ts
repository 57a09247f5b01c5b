import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Connection, type Host } from '../../../src/inputs/forward/connection.ts'
import { readAllMsgpack } from '../../outputs/shared/read-msgpack.ts'
import { pack } from '../../support/msgpack.ts'
import { eventually, sleep } from '../../support/wait.ts'

let server: Server
let client: Socket
let answers: Buffer
let isClosed: boolean
let accepted: Connection[] = []
const taken: string[] = []
const warnings: { readonly message: string; readonly details: unknown }[] = []
let malformed = 0
let commits = 0
let closed = 0
let safe: () => Promise<void>
let ready: () => Promise<void> | undefined

beforeEach(() => {
  taken.length = warnings.length = malformed = commits = closed = 0
  safe = () => Promise.resolve()
  ready = () => undefined
})
afterEach(async () => {
  client.destroy()
  await new Promise((resolve) => server.close(resolve))
})

async function open(given: Partial<Host> = {}): Promise<void> {
  const none = (): void => {}
  const host: Host = {
    log: { error: none, info: none, debug: none, warn: (message, details) => void warnings.push({ message, details }) },
    secrets: undefined,
    largest: 10_000,
    ready: () => ready(),
    take: ({ tag }) => void taken.push(tag),
    malformed: () => void malformed++,
    commit: () => void commits++,
    safe: () => safe(),
    closed: () => void closed++,
    ...given
  }
  server = createServer((socket) => {
    socket.on('error', () => {})
    accepted.push(new Connection(socket, host))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  accepted = []
  const socket = client = connect(typeof address === 'object' ? address!.port : 0, '127.0.0.1')
  answers = Buffer.alloc(0)
  isClosed = false
  client.on('data', (bytes: Buffer) => { answers = Buffer.concat([answers, bytes]) })
  client.on('error', () => {})
  client.on('close', () => { isClosed ||= client === socket })
  await once(client, 'connect')
  await eventually('the connection is accepted', () => accepted.length > 0)
}

const send = (...values: unknown[]): void => void client.write(Buffer.concat(values.map(pack)))

describe('acknowledgements', () => {
  it('are owed for what was taken, in its order, and sent before the end', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let asked = 0
    safe = () => gates[asked++]!.promise
    await open()
    send(['a', 1, {}, { chunk: 'one' }], ['b', 1, {}, { chunk: 'two' }])
    await eventually('both are taken', () => taken.length === 2)
    const ended = accepted[0]!.end()
    for (const gate of gates) gate.resolve()
    await ended
    await eventually('the end', () => isClosed)
    expect(readAllMsgpack(answers)).toEqual([{ ack: 'one' }, { ack: 'two' }])
    expect([commits, closed]).toEqual([0, 1])
  })

  it('are not sent for what could not be stored', async () => {
    safe = () => Promise.reject(new Error('disk full'))
    await open()
    send(['a', 1, {}, { chunk: 'one' }])
    await eventually('it is taken', () => taken.length === 1)
    await accepted[0]!.end()
    await eventually('the end', () => isClosed)
    expect(answers.length).toBe(0)
  })

  it('give back a chunk as it was, however long', async () => {
    await open({ largest: 1_000_000 })
    const chunk = 'ä'.repeat(50_000)
    send(['a', 1, {}, { chunk }])
    await eventually('an answer', () => answers.length > 100_000)
    expect(readAllMsgpack(answers)).toEqual([{ ack: chunk }])
  })
})

describe('a message', () => {
  it('waits for what it needs, and those behind it wait with it', async () => {
    const gate = Promise.withResolvers<void>()
    ready = () => (taken.length === 0 ? gate.promise : undefined)
    await open()
    send(['a', 1, {}], ['b', 1, {}], null, ['c', 1, {}])
    await sleep(50)
    expect(taken).toEqual([])
    gate.resolve()
    await eventually('all', () => taken.length === 3)
    expect([taken, commits]).toEqual([['a', 'b', 'c'], 3])
  })

  it('that is longer than allowed ends the connection, what came before it is taken', async () => {
    await open()
    send(['a', 1, {}])
    client.write(pack(['b', Buffer.alloc(50_000)]).subarray(0, 40_000))
    await eventually('the end', () => isClosed)
    expect([taken, warnings]).toMatchObject([['a'], [
      { message: 'A message is longer than buffer_max_size, so the connection is ended.', details: { reason: 'more than 10000 bytes' } }
    ]])
  })

  it('that is none is counted once, and ends the connection; what stands behind it is not looked at', async () => {
    await open()
    client.write(Buffer.concat([pack(['a', 1, {}]), Buffer.of(0x91, 0xc1), pack(['b', 1, {}])]))
    await eventually('the end', () => isClosed)
    expect([taken, malformed, warnings]).toMatchObject([['a'], 1, [{ details: { reason: 'no MessagePack' } }]])
  })
})

describe('a client that is not let in', () => {
  const secrets = { key: 'key', hostname: 'server', users: new Map<string, string>() }

  it('is answered once, and nothing else that it sends is read, also not when others go on', async () => {
    await open({ secrets })
    await eventually('HELO', () => answers.length > 0)
    client.pause()
    send(['PING', 'client', '', 'wrong', '', ''], ['a', 1, {}], ['PING', 'client', '', 'wrong', '', ''])
    await eventually('the refusal', () => warnings.length > 0)
    accepted[0]!.resume()
    client.resume()
    send(['PING', 'client', '', 'wrong', '', ''])
    await eventually('the end', () => isClosed)
    const [, pong, ...more] = readAllMsgpack(answers) as unknown[][]
    expect([pong!.slice(0, 3), more]).toEqual([['PONG', false, 'another shared key'], []])
    expect([taken, warnings]).toMatchObject([[], [{ message: 'A client is not let in.', details: { reason: 'another shared key (client)' } }]])
  })
})
