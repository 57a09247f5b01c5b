import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import path from 'node:path'
import { createServer as createTls } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { connect } from '../../../src/outputs/shared/connect.ts'
import type { NetworkOptions } from '../../../src/plugin/output.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { tempFolder } from '../../support/temp.ts'
import { never } from '../output-context.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => { server.close(resolve) })
})

async function serve(server: Server, at: string | number = 0): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => { server.listen(at as number, resolve) })
  return typeof at === 'string' ? 0 : (server.address() as AddressInfo).port
}

const plain = (port: number): { secure: boolean; host: string; port: number } => ({ secure: false, host: '127.0.0.1', port })
const network = (over: Partial<NetworkOptions> = {}): NetworkOptions => ({ host: undefined, port: undefined, net: {}, tls: {}, ...over })

test('TCP, from the address that is asked for, and a Unix socket', async () => {
  const from: (string | undefined)[] = []
  const server = createServer((socket) => {
    from.push(socket.remoteAddress)
    socket.end()
  })
  const port = await serve(server)
  const socket = await connect(network({ net: { source_address: '127.0.0.3', tcp_keepalive: true, tcp_keepalive_time: 5 } }), plain(port), never)
  await new Promise((resolve) => { socket.once('close', resolve).resume() })
  expect(from[0]).toMatch(/127\.0\.0\.3$/)
  const file = path.join(tempFolder('connect'), 's')
  await serve(createServer((client) => { client.end() }), file)
  const local = await connect(network(), plain(0), never, file)
  await new Promise((resolve) => { local.once('close', resolve).resume() })
})

test('TLS: the certificate and its name are checked', async () => {
  const { key, certificate } = makeCertificate(tempFolder('connect'))
  const server = createTls({ key: readFileSync(key), cert: readFileSync(certificate) }, (socket) => { socket.end() })
  server.on('tlsClientError', () => {})
  const endpoint = { ...plain(await serve(server)), secure: true }
  await expect(connect(network(), endpoint, never)).rejects.toThrow(/^cannot connect to 127\.0\.0\.1:\d+: .*self.signed/)
  const trusted = { ca_file: certificate }
  await expect(connect(network({ tls: { ...trusted, vhost: 'other' } }), endpoint, never)).rejects.toThrow('altnames')
  const socket = await connect(network({ tls: trusted }), endpoint, never)
  socket.destroy()
  const unchecked = await connect(network({ tls: { ...trusted, vhost: 'other', verify_hostname: false } }), endpoint, never)
  unchecked.destroy()
})

test('a connection that is not made in time, or is not wanted any more', async () => {
  const server = createServer((socket) => { socket.on('error', () => {}).resume() })
  const port = await serve(server)
  const late = connect(network({ net: { connect_timeout: 80 } }), { ...plain(port), secure: true }, never)
  await expect(late).rejects.toThrow(/^cannot connect to .*no connection within 0\.08 s/)
  const abort = new AbortController()
  const aborted = connect(network(), { ...plain(port), secure: true }, abort.signal)
  abort.abort()
  await expect(aborted).rejects.toThrow('aborted')
  await expect(connect(network(), plain(port), abort.signal)).rejects.toThrow()
})
