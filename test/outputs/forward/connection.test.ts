import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Connection } from '../../../src/outputs/forward/connection.ts'
import { pack } from '../fake-forward.ts'

let server: Server
let other: Socket
let connection: Connection
beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  ;[other] = await accepted as [Socket]
  other.on('error', () => {})
  connection = new Connection(socket)
})
afterEach(() => {
  connection.close()
  other.destroy()
  server.close()
})

const send = async (bytes: Buffer): Promise<void> => { await new Promise<void>((resolve) => { other.write(bytes, () => { resolve() }) }) }

test('answers come one by one, however they were cut or joined on the way', async () => {
  const answers = [{ ack: 'a'.repeat(40) }, { ack: 'b' }, ['PONG', true, '', 'x'.repeat(300), 'y']]
  const bytes = Buffer.concat(answers.map(pack))
  await send(bytes)
  const whole = [await connection.read(), await connection.read(), await connection.read()]
  const torn: unknown[] = []
  const reading = (async () => { for (let n = 0; n < 3; n++) torn.push(await connection.read()) })()
  for (const byte of bytes) await send(Buffer.from([byte]))
  await reading
  expect(torn).toEqual(whole)
  expect(whole).toEqual([new Map([['ack', 'a'.repeat(40)]]), new Map([['ack', 'b']]), answers[2]])
})

test('bytes that are none of the protocol\'s end it', async () => {
  const reading = connection.read()
  await send(Buffer.from([0xc1]))
  await expect(reading).rejects.toThrow('an answer has the byte c1')
  expect(connection.usable).toBe(false)
  await expect(connection.write(Buffer.from('x'))).rejects.toThrow('an answer has the byte c1')
})

test('an answer without end is not kept without end', async () => {
  const reading = connection.read()
  reading.catch(() => {})
  await send(Buffer.concat([Buffer.from([0xdb, 0x7f, 0xff, 0xff, 0xff]), Buffer.alloc(70_000, 0x78)]))
  await expect(reading).rejects.toThrow('the other side speaks another protocol')
})

test('an answer of 64 KiB is one', async () => {
  const long = 'x'.repeat(64 * 1024 - 3)
  const reading = connection.read()
  await send(pack(long))
  expect(await reading).toBe(long)
})

test('when the other side goes, who waits is told, and who comes later', async () => {
  const reading = connection.read()
  other.end()
  await expect(reading).rejects.toThrow('the other side closed the connection')
  await expect(connection.read()).rejects.toThrow('the other side closed the connection')
  expect(connection.usable).toBe(false)
})

test('half an answer at the end is none', async () => {
  const reading = connection.read()
  reading.catch(() => {})
  await send(pack({ ack: 'abc' }).subarray(0, 4))
  other.end()
  await expect(reading).rejects.toThrow('the other side closed the connection')
})

test('the first reason is the one that is told', async () => {
  const reading = connection.read()
  connection.close(new Error('too late'))
  connection.close(new Error('aborted'))
  await expect(reading).rejects.toThrow('too late')
  await expect(connection.write(Buffer.alloc(1))).rejects.toThrow('too late')
})

test('at rest it closes after its time; at work it does not', async () => {
  connection.rest(20)
  connection.work()
  await new Promise((resolve) => { setTimeout(resolve, 100) })
  expect([connection.usable, connection.uses]).toEqual([true, 1])
  connection.rest(20)
  await expect.poll(() => connection.usable, { timeout: 10_000 }).toBe(false)
})

test('at rest without a time it stays', async () => {
  connection.rest(0)
  await new Promise((resolve) => { setTimeout(resolve, 50) })
  expect(connection.usable).toBe(true)
})
