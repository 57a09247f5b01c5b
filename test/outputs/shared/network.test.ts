import { execFileSync } from 'node:child_process'
import { createServer as createTcp, type AddressInfo, type Server } from 'node:net'
import { createServer, type Server as SecureServer } from 'node:https'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PluginError } from '../../../src/plugin/context.ts'
import type { NetworkOptions } from '../../../src/plugin/output.ts'
import { createAgent, resolving, tlsOptions } from '../../../src/outputs/shared/network.ts'
import { send } from '../../../src/outputs/shared/request.ts'
import { tempFolder } from '../../support/temp.ts'
import { never } from '../output-context.ts'

const folder = tempFolder('tls')
let server: SecureServer
let names: (string | false | undefined)[]

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
}

/** A certificate for `logs.test`, signed by itself. */
beforeAll(async () => {
  for (const name of ['server', 'client']) {
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
      '-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${name}.test`, '-addext', 'subjectAltName=DNS:logs.test')
  }
  const read = (name: string): Buffer => readFileSync(join(folder, name))
  names = []
  server = createServer({
    key: read('server.key'), cert: read('server.pem'), ca: read('client.pem'), requestCert: true, rejectUnauthorized: false,
    minVersion: 'TLSv1.2'
  }, (request, response) => {
    const socket = request.socket as TLSSocket
    names.push(socket.servername as string | false)
    response.end(socket.authorized ? 'known' : 'unknown')
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => { server.close(resolve) })
})

async function ask(tls: NetworkOptions['tls'], net: NetworkOptions['net'] = {}, port = (server.address() as AddressInfo).port): Promise<string> {
  const endpoint = { secure: true, host: '127.0.0.1', port }
  const agent = createAgent({ host: undefined, port: undefined, net, tls }, endpoint)
  try {
    const request = { method: 'POST', path: '/', headers: {}, body: Buffer.from('x'), timeout: 5000, idleTimeout: 0 }
    return (await send(agent, endpoint, request, never)).body
  } finally {
    agent.destroy()
  }
}

const file = (name: string): string => join(folder, name)

test('a certificate is checked, and so is its name', async () => {
  await expect(ask({})).rejects.toThrow(/^cannot connect to 127\.0\.0\.1:\d+: .*self.signed/)
  await expect(ask({ ca_file: file('server.pem') })).rejects.toThrow(/^cannot connect .*(altnames|IP)/)
  expect(await ask({ ca_file: file('server.pem'), vhost: 'logs.test' })).toBe('unknown')
  expect(names.at(-1)).toBe('logs.test')
  expect(await ask({ ca_file: file('server.pem'), verify_hostname: false })).toBe('unknown')
  expect(await ask({ verify: false })).toBe('unknown')
})

test('a folder of authorities, and a certificate of our own', async () => {
  expect(await ask({ ca_path: folder, vhost: 'logs.test', crt_file: file('client.pem'), key_file: file('client.key') })).toBe('known')
})

test('versions of TLS are kept to', async () => {
  await expect(ask({ verify: false, max_version: 'TLSv1.1', min_version: 'TLSv1.0' })).rejects.toThrow(/^cannot connect/)
})

test('a file that cannot be read is a matter of its option', () => {
  const network = { host: undefined, port: undefined, net: {}, tls: { ca_file: '/none/ca.pem' } }
  expect(() => tlsOptions(network, 'h')).toThrow(PluginError)
  expect(() => tlsOptions({ ...network, tls: { ca_path: '/none' } }, 'h')).toThrow(/cannot read \/none/)
})

test('a connection that is never made is given up', async () => {
  const deaf: Server = createTcp(() => {})
  await new Promise<void>((resolve) => { deaf.listen(0, '127.0.0.1', resolve) })
  await expect(ask({ verify: false }, { connect_timeout: 100 }, (deaf.address() as AddressInfo).port))
    .rejects.toThrow(/^cannot connect .*no connection within 0\.1 s/)
  deaf.close()
})

test('one family of addresses first, or only', async () => {
  const network = (net: NetworkOptions['net']): NetworkOptions => ({ host: undefined, port: undefined, net, tls: {} })
  expect(resolving(network({}))).toEqual({})
  expect(resolving(network({ ipv6: true }))).toEqual({ family: 6 })
  const first = async (name: string): Promise<string> => await new Promise((resolve, reject) => {
    resolving(network({ [name]: true })).lookup!('localhost', { all: true }, (error, found) => {
      if (error === null) resolve(found[0]!.address)
      else reject(error)
    })
  })
  expect(await first('dns.prefer_ipv4')).toBe('127.0.0.1')
  expect(['::1', '127.0.0.1']).toContain(await first('dns.prefer_ipv6'))
})
