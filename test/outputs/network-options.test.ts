/** `net.*`, `tls.*` and proxies mean the same for every network output that speaks to one endpoint. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import path from 'node:path'
import process from 'node:process'
import { TLSSocket, createSecureContext } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { cloudwatchLogs } from '../../src/outputs/cloudwatch-logs.ts'
import { es } from '../../src/outputs/es.ts'
import { forward } from '../../src/outputs/forward.ts'
import { http as httpOutput } from '../../src/outputs/http.ts'
import { kafka } from '../../src/outputs/kafka.ts'
import { loki } from '../../src/outputs/loki.ts'
import { opensearch } from '../../src/outputs/opensearch.ts'
import type { NetworkOptions, Output, OutputContext, Verdict } from '../../src/plugin/output.ts'
import { makeBatch } from '../event/make-batch.ts'
import { tempFolder } from '../support/temp.ts'
import { sleep } from '../support/wait.ts'
import { never, optionsOf, outputContext } from './output-context.ts'

type Make = (context: OutputContext, secure: boolean, port: number, host: string) => Output | Promise<Output>

const outputs: Readonly<Record<string, Make>> = {
  http: (context) => httpOutput.create(optionsOf(httpOutput), context),
  es: (context) => es.create(optionsOf(es), context),
  opensearch: (context) => opensearch.create(optionsOf(opensearch), context),
  loki: (context) => loki.create(optionsOf(loki), context),
  forward: (context) => forward.create(optionsOf(forward, { require_ack_response: false }), context),
  cloudwatch_logs: (context, secure, port, host) => cloudwatchLogs.create(optionsOf(cloudwatchLogs, {
    region: 'eu-central-1', log_group_name: 'g', log_stream_name: 's', endpoint: `${secure ? 'https' : 'http'}://${host}:${port}`
  }), context)
}

const folder = tempFolder('network-options')
const servers: Server[] = []
/** What the proxy was asked for, and the targets and local ports that the server saw. */
let asked: string[] = []
let served: string[] = []
let from: (string | undefined)[] = []
let proxyPort = 0
let securePort = 0
let port = 0
let mute = false

async function listen(server: Server): Promise<number> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Says yes to every output; a name that leads nowhere is reached only through the proxy. */
function answer(request: http.IncomingMessage, response: http.ServerResponse): void {
  served.push(request.url ?? '')
  request.resume().on('end', () => {
    response.setHeader('x-amzn-requestid', '1')
    response.end(request.url?.includes('_bulk') === true ? '{"errors":false,"items":[]}' : '{}')
  })
}

beforeAll(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' })
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-keyout', 'key.pem',
    '-out', 'ca.pem', '-subj', '/CN=logs.test', '-addext', 'subjectAltName=DNS:logs.test'], { cwd: folder, stdio: 'pipe' })
  const secureContext = createSecureContext({ key: readFileSync(path.join(folder, 'key.pem')), cert: readFileSync(path.join(folder, 'ca.pem')) })
  const web = http.createServer(answer)
  // one port for all: TLS, HTTP, and the forward protocol, whose messages are arrays
  port = await listen(createServer((raw) => {
    from.push(raw.remoteAddress)
    raw.once('readable', () => {
      const first = raw.read() as Buffer | null
      if (first === null) return
      raw.unshift(first)
      if (first[0] !== 0x16) return greet(raw, first)
      const secured = new TLSSocket(raw, { isServer: true, secureContext })
      secured.on('error', () => {})
      secured.once('data', (data: Buffer) => {
        secured.unshift(data)
        greet(secured, data)
      })
    })
  }))
  /** An array of msgpack begins a message of the forward protocol, all else is HTTP. */
  function greet(socket: Socket, begin: Buffer): void {
    if ((begin[0]! & 0xf0) !== 0x90) web.emit('connection', socket)
    else {
      served.push('forward')
      socket.resume()
    }
  }
  const proxyOf = (server: http.Server): http.Server => server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
    asked.push(request.url ?? '')
    answer(request, response)
  }).on('connect', ({ url }: http.IncomingMessage, client: Socket) => {
    asked.push(url ?? '')
    if (mute) return
    const onward = connect(port, '127.0.0.1', () => { client.write('HTTP/1.1 200 OK\r\n\r\n') })
    for (const one of [client, onward]) one.on('error', () => {})
    client.pipe(onward).pipe(client)
  })
  proxyPort = await listen(proxyOf(http.createServer()))
  securePort = await listen(proxyOf(https.createServer({ key: readFileSync(path.join(folder, 'key.pem')), cert: readFileSync(path.join(folder, 'ca.pem')) })))
})
afterAll(() => { for (const server of servers) server.close() })
afterEach(() => {
  for (const name of ['HTTP_PROXY', 'NO_PROXY']) delete process.env[name]
  asked = []
  served = []
  from = []
  mute = false
})

async function write(
  make: Make, secure: boolean, net: NetworkOptions['net'] = {}, tls: NetworkOptions['tls'] = {}, host = 'logs.test', times = 1
): Promise<Verdict> {
  const network = {
    host, port, net: { connect_timeout: 3000, ...net }, tls: { ...(secure ? { enabled: true, ca_file: path.join(folder, 'ca.pem') } : {}), ...tls }
  }
  const output = await make(outputContext(network), secure, port, host)
  try {
    await output.open?.()
    const send = (): Promise<Verdict> => output.write(makeBatch([{ body: { n: 1 }, seconds: Math.floor(Date.now() / 1000) }]), never)
    for (let i = 1; i < times; i++) {
      await send()
      // a connection is free again only when the answer is dealt with
      await sleep(20)
    }
    return await send()
  } finally {
    await output.close?.()
  }
}

const reason = (verdict: Verdict): string => {
  if (verdict.kind === 'partial') return [...verdict.reasons.values()].join(' ')
  return 'reason' in verdict ? verdict.reason : verdict.kind
}

describe.each(Object.entries(outputs))('the output %s', (name, make) => {
  it('goes through a tunnel of the proxy with TLS, which checks the name at its end', async () => {
    process.env['HTTP_PROXY'] = `http://127.0.0.1:${proxyPort}`
    expect(reason(await write(make, true))).toBe('delivered')
    expect(asked).toEqual([`logs.test:${port}`])
    await expect.poll(() => served.length).toBeGreaterThan(0)
    expect(reason(await write(make, true, {}, { vhost: 'other.test' }))).toMatch(/cannot connect to .*(altnames|Host)/)
    expect(reason(await write(make, true, {}, { ca_file: undefined }))).toMatch(/cannot connect to .*self.signed/)
  })

  it('asks the proxy for the whole address without TLS', async () => {
    process.env['HTTP_PROXY'] = `http://127.0.0.1:${proxyPort}`
    expect(reason(await write(make, false))).toBe('delivered')
    expect(asked).toEqual([name === 'forward' ? `logs.test:${port}` : expect.stringMatching(new RegExp(`^http://logs.test:${port}/`))])
  })

  it('leaves the proxy alone for the hosts of NO_PROXY, and with net.proxy_env_ignore', async () => {
    process.env['HTTP_PROXY'] = `http://127.0.0.1:${proxyPort}`
    expect(reason(await write(make, true, { proxy_env_ignore: true }))).toMatch(/cannot connect to .*logs.test/)
    process.env['NO_PROXY'] = '.test'
    expect(reason(await write(make, true))).toMatch(/cannot connect to .*logs.test/)
    expect(asked).toEqual([])
  })

  it('reaches a proxy by TLS as tls.proxy.* says', async () => {
    process.env['HTTP_PROXY'] = `https://127.0.0.1:${securePort}`
    const ca = { 'proxy.ca_file': path.join(folder, 'ca.pem') }
    expect(reason(await write(make, true))).toMatch(/cannot connect to .*the proxy .*self.signed/)
    expect(reason(await write(make, false, {}, ca))).toMatch(/cannot connect to .*the proxy .*(altnames|IP)/)
    for (const secure of [true, false]) expect(reason(await write(make, secure, {}, { ...ca, 'proxy.verify_hostname': false }))).toBe('delivered')
    expect(asked).toEqual([`logs.test:${port}`, `logs.test:${port}`])
    expect(reason(await write(make, true, {}, { 'proxy.verify': false }))).toBe('delivered')
  })

  // every address of 127/8 is one of this machine
  it.runIf(process.platform === 'linux')('connects from net.source_address', async () => {
    expect(reason(await write(make, false, { source_address: '127.0.0.2' }, {}, '127.0.0.1'))).toBe('delivered')
    await expect.poll(() => served.length).toBeGreaterThan(0)
    expect(new Set(from)).toEqual(new Set(['127.0.0.2']))
  })

  it('uses a connection as often as net.keepalive and net.keepalive_max_recycle say', async () => {
    const connections = async (net: NetworkOptions['net']): Promise<number> => {
      from = []
      expect(reason(await write(make, false, net, {}, '127.0.0.1', 4))).toBe('delivered')
      return from.length
    }
    expect(await connections({ keepalive: true })).toBe(1)
    expect(await connections({ keepalive: false })).toBe(4)
    expect(await connections({ keepalive_max_recycle: 2 })).toBe(2)
    expect(await connections({ keepalive_idle_timeout: 1 })).toBe(4)
  })

  it('waits for a proxy no longer than net.connect_timeout', async () => {
    process.env['HTTP_PROXY'] = `http://127.0.0.1:${proxyPort}`
    mute = true
    expect(reason(await write(make, true, { connect_timeout: 200 }))).toMatch(/cannot connect to .*no tunnel within 0.2 s/)
  })
})

describe.each(['bytes', 'kafkajs'])('the output kafka by the client %s', (client) => {
  it.runIf(process.platform === 'linux')('connects from net.source_address, never through a proxy', async () => {
    process.env['HTTP_PROXY'] = `http://127.0.0.1:${proxyPort}`
    const seen: (string | undefined)[] = []
    const broker = await listen(createServer((socket) => {
      seen.push(socket.remoteAddress)
      socket.destroy()
    }))
    const output = await kafka.create(optionsOf(kafka, { client, topics: ['t'], brokers: [`localhost:${broker}`], 'rdkafka.': new Map() }), outputContext({
      net: { source_address: '127.0.0.2', connect_timeout: 2000, 'dns.prefer_ipv4': true }
    }))
    expect(reason(await output.write(makeBatch([{ body: {} }]), never))).toMatch(/connection/i)
    await output.close?.()
    expect([new Set(seen), asked]).toEqual([new Set(['127.0.0.2']), []])
  })
})
