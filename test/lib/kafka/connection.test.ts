import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Connection } from '../../../src/lib/kafka/connection.ts'
import { METADATA, readMetadata, writeMetadata } from '../../../src/lib/kafka/messages.ts'
import { FakeBroker } from './fake-broker.ts'
import { clusterOf, containing } from './settings.ts'

let broker: FakeBroker
const open: { close (): void }[] = []
beforeEach(async () => { broker = await FakeBroker.start() })
afterEach(async () => {
  for (const one of open.splice(0)) one.close()
  await broker.stop()
})

async function connect (port = broker.port, requestTimeout = 2000): Promise<Connection> {
  const connection = await Connection.open('127.0.0.1', port, clusterOf([], { requestTimeout }))
  open.push(connection)
  return connection
}

const ask = async (connection: Connection): Promise<unknown> => (
  readMetadata((await connection.request(METADATA, (w) => writeMetadata(w, [], false))).answer).brokers.map(({ id }) => id)
)

async function serve (answer: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    answer(socket)
  })
  open.push({ close: () => server.close() })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return (server.address() as AddressInfo).port
}

it('has many requests under way and gives each its answer', async () => {
  const connection = await connect()
  expect(await Promise.all([ask(connection), ask(connection), ask(connection)])).toEqual([[1], [1], [1]])
})

it('puts answers together that come byte by byte', async () => {
  broker.tear = 1
  const connection = await connect()
  expect(await Promise.all([ask(connection), ask(connection)])).toEqual([[1], [1]])
})

it('ends when an answer is late, and says that the broker may have had the requests', async () => {
  broker.react = ({ api }) => api === 3 ? 'hang' : undefined
  const connection = await connect(broker.port, 200)
  await expect(ask(connection)).rejects.toMatchObject({ message: `127.0.0.1:${broker.port} did not answer Metadata in time`, unsure: true })
  expect(connection.isOpen).toBe(false)
  await expect(ask(connection)).rejects.toMatchObject({ unsure: false })
})

it('fails what is under way when the broker hangs up', async () => {
  const connection = await connect()
  broker.react = () => 'hang up'
  await expect(ask(connection)).rejects.toMatchObject({ message: expect.stringMatching(/closed the connection|broke/) as unknown, unsure: true })
})

it('closes once what is under way is answered, when it retires', async () => {
  const connection = await connect()
  const answer = ask(connection)
  connection.retire()
  expect([await answer, connection.isOpen]).toEqual([[1], false])
})

it('says when nobody listens, when it is no Kafka, and when it may want TLS', async () => {
  await expect(Connection.open('127.0.0.1', 1, clusterOf([]))).rejects.toMatchObject({ message: containing('cannot connect to 127.0.0.1:1: '), unsure: false })
  await expect(connect(await serve((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n')))).rejects.toThrow('does not speak Kafka, but HTTP')
  await expect(connect(await serve((socket) => socket.write(Buffer.from([0x15, 3, 3, 0, 2, 2, 40]))))).rejects.toThrow('but TLS: set rdkafka.security.protocol')
  await expect(connect(await serve((socket) => socket.end()))).rejects.toThrow(/at once: it may want TLS/)
})

it('refuses a broker that answers what was not asked, and one that is too old', async () => {
  const stranger = await serve((socket) => socket.once('data', () => socket.write(Buffer.from('0000000600ffffff0000', 'hex'))))
  await expect(connect(stranger)).rejects.toThrow('answered what was not asked')
  broker.versions = [[3, 0, 2], [18, 0, 0]]
  await expect(ask(await connect())).rejects.toThrow('does not speak Metadata 4 to 4')
})

it('gives up connecting to what does not answer', async () => {
  const deaf = await serve(() => {})
  await expect(connect(deaf, 200)).rejects.toThrow('did not answer ApiVersions in time')
})
