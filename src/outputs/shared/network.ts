/** Connections of outputs that speak HTTP: keep-alive agents made from the options `net.*` and `tls.*`. */
import { lookup } from 'node:dns'
import { readFileSync, readdirSync } from 'node:fs'
import type { Agent as HttpAgent } from 'node:http'
import http from 'node:http'
import * as https from 'node:https'
import type { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls, type ConnectionOptions, type SecureVersion } from 'node:tls'
import { environmentProxy, proxyUrl, tunnel } from '../../lib/proxy.ts'
import { PluginError } from '../../plugin/context.ts'
import type { NetworkOptions } from '../../plugin/output.ts'

/** Errors of a connection that was never made begin so: nothing was sent. */
export const NOT_CONNECTED = 'cannot connect to '

export interface Endpoint {
  readonly secure: boolean
  readonly host: string
  readonly port: number
}

type Agent = HttpAgent | https.Agent

/** Options of `tls.*` that name files. */
const FILES = ['ca_file', 'ca_path', 'crt_file', 'key_file'] as const

/**
 * Makes the agent of an endpoint; `own` is the URL of an HTTP proxy, else the environment's is used. A proxy is asked for
 * the whole URL, or for a tunnel when the endpoint or the proxy wants TLS.
 */
export function createAgent(network: NetworkOptions, endpoint: Endpoint, own?: string): Agent {
  const { net } = network
  const proxy = proxyTo(network, endpoint, own)
  const tunnels = endpoint.secure || proxy?.protocol === 'https:'
  const idle = number(net['keepalive_idle_timeout'])
  const keepAliveSeconds = number(net['tcp_keepalive_time'])
  const local = net['source_address']
  const most = number(net['max_worker_connections'])
  const options: https.AgentOptions & { proxyEnv?: NodeJS.ProcessEnv } = {
    keepAlive: net['keepalive'] !== false,
    scheduling: 'lifo',
    ...(net['tcp_keepalive'] === true && keepAliveSeconds > 0 ? { keepAliveMsecs: keepAliveSeconds * 1000 } : {}),
    ...(idle > 0 ? { timeout: idle } : {}),
    ...(most > 0 ? { maxSockets: most } : {}),
    ...(typeof local === 'string' ? { localAddress: local } : {}),
    ...resolving(network),
    ...(endpoint.secure ? tlsOptions(network, endpoint.host) : {}),
    ...(proxy === undefined || tunnels ? {} : { proxyEnv: { HTTP_PROXY: proxy.href } })
  }
  const agent = endpoint.secure ? new https.Agent(options) : new http.Agent(options)
  limitConnecting(agent, network, endpoint, tunnels ? proxy : undefined)
  limitReuse(agent, number(net['keepalive_max_recycle']))
  return agent
}

function number(value: string | number | boolean | undefined): number {
  return typeof value === 'number' ? value : 0
}

/** The proxy that leads to an endpoint, if any. Throws PluginError for one that is no URL. */
export function proxyTo(network: NetworkOptions, endpoint: Endpoint, own?: string): URL | undefined {
  try {
    if (own !== undefined) return proxyUrl(own)
    return network.net['proxy_env_ignore'] === true ? undefined : environmentProxy(endpoint)
  } catch {
    throw new PluginError('the proxy is no URL', own === undefined ? undefined : 'proxy', own === undefined)
  }
}

type CreateConnection = (options: object, done?: (error: Error | null, socket: Duplex | undefined) => void) => Duplex | null | undefined

/**
 * Gives every new connection a deadline until it stands (TLS included), and says so when it cannot be made. Certificates
 * are read again for each: they are renewed while the agent runs.
 */
function limitConnecting(agent: Agent, network: NetworkOptions, endpoint: Endpoint, proxy: URL | undefined): void {
  const seam = agent as unknown as { createConnection: CreateConnection }
  const direct = seam.createConnection.bind(agent)
  const create = proxy === undefined ? direct : tunnelled(network, endpoint, proxy)
  const timeout = number(network.net['connect_timeout'])
  const rereads = endpoint.secure && FILES.some((name) => network.tls[name] !== undefined)
  seam.createConnection = (options, done) => {
    const socket = create(rereads ? { ...options, ...renewed(network, endpoint.host) } : options, done)
    if (socket !== null && socket !== undefined) watchConnecting(socket as Socket, endpoint, timeout)
    return socket
  }
}

/** Connections through a proxy; they are handed over once the tunnel stands. */
function tunnelled(network: NetworkOptions, endpoint: Endpoint, proxy: URL): CreateConnection {
  return (options, done) => {
    tunnelTo(network, endpoint, proxy).then((socket) => {
      if (!endpoint.secure) return done?.(null, socket)
      const secured = connectTls({ ...options, socket })
      watchConnecting(secured, endpoint, number(network.net['connect_timeout']))
      done?.(null, secured)
    }, (error: unknown) => { done?.(error as Error, undefined) })
    return undefined
  }
}

/** A tunnel to an endpoint. Rejects with a message that begins with NOT_CONNECTED. */
export async function tunnelTo(network: NetworkOptions, endpoint: Endpoint, proxy: URL, signal?: AbortSignal): Promise<Socket> {
  const local = network.net['source_address']
  try {
    return await tunnel(proxy, endpoint, {
      timeout: number(network.net['connect_timeout']), signal, localAddress: typeof local === 'string' ? local : undefined,
      tls: proxy.protocol === 'https:' ? proxyTls(network) : undefined
    })
  } catch (error) {
    throw new Error(`${NOT_CONNECTED}${endpoint.host}:${endpoint.port}: ${(error as Error).message}`, { cause: error })
  }
}

/** Files that cannot be read at the moment are left as they were. */
function renewed(network: NetworkOptions, host: string): ConnectionOptions {
  try {
    return tlsOptions(network, host)
  } catch {
    return {}
  }
}

/** How names become addresses: only or first of one family, if any is asked for. */
export function resolving({ net }: NetworkOptions): { family?: number; lookup?: typeof lookup } {
  if (net['ipv6'] === true) return { family: 6 }
  const order = net['dns.prefer_ipv4'] === true ? 'ipv4first' : net['dns.prefer_ipv6'] === true ? 'ipv6first' : undefined
  if (order === undefined) return {}
  const ordered = (host: string, options: object, found: () => void): void => { lookup(host, { ...options, order }, found) }
  return { lookup: ordered as typeof lookup }
}

/** Ends a connection that does not stand within `timeout` milliseconds, and begins the message of its error with NOT_CONNECTED. */
export function watchConnecting(socket: Socket, { secure, host, port }: Endpoint, timeout: number): void {
  const timer = timeout <= 0 ? undefined : setTimeout(() => {
    socket.destroy(new Error(`no connection within ${timeout / 1000} s`))
  }, timeout)
  const failed = (error: Error & { code?: string; errors?: Error[] }): void => {
    clearTimeout(timer)
    error.message = `${NOT_CONNECTED}${host}:${port}: ${error.message || error.errors?.[0]?.message || error.code || error.name}`
  }
  socket.prependOnceListener('error', failed)
  socket.once(secure ? 'secureConnect' : 'connect', () => {
    clearTimeout(timer)
    socket.removeListener('error', failed)
  })
  socket.once('close', () => { clearTimeout(timer) })
}

/** Closes a connection after so many requests; 0 for never. */
function limitReuse(agent: Agent, most: number): void {
  if (most <= 0) return
  const used = new WeakMap<object, number>()
  const seam = agent as unknown as { keepSocketAlive(socket: object): boolean }
  const keep = seam.keepSocketAlive.bind(agent)
  seam.keepSocketAlive = (socket) => {
    const times = (used.get(socket) ?? 0) + 1
    used.set(socket, times)
    return times < most && keep(socket)
  }
}

/** Options of node:tls from `tls.proxy.*`. Throws PluginError for a file that cannot be read. */
function proxyTls({ tls }: NetworkOptions): ConnectionOptions {
  const [file, folder] = [tls['proxy.ca_file'], tls['proxy.ca_path']]
  const ca = [
    ...(typeof file === 'string' ? [read(file, 'tls.proxy.ca_file')] : []),
    ...(typeof folder === 'string' ? authorities(folder, 'tls.proxy.ca_path') : [])
  ]
  return {
    rejectUnauthorized: tls['proxy.verify'] !== false,
    ...(tls['proxy.verify_hostname'] === false ? { checkServerIdentity: () => undefined } : {}),
    ...(ca.length === 0 ? {} : { ca })
  }
}

/** Options of node:tls from `tls.*`. Throws PluginError for a file that cannot be read. */
export function tlsOptions(network: NetworkOptions, host: string): ConnectionOptions {
  const { tls } = network
  const file = (name: string): Buffer | undefined => {
    const path = tls[name]
    return typeof path === 'string' ? read(path, `tls.${name}`) : undefined
  }
  const ca = file('ca_file')
  const folder = tls['ca_path']
  const more = typeof folder === 'string' ? authorities(folder, 'tls.ca_path') : []
  const cert = file('crt_file')
  const key = file('key_file')
  const name = typeof tls['vhost'] === 'string' ? tls['vhost'] : host
  const passphrase = tls['key_passwd']
  const ciphers = tls['ciphers']
  const least = version(tls['min_version'])
  const newest = version(tls['max_version'])
  return {
    rejectUnauthorized: tls['verify'] !== false,
    ...(tls['verify_hostname'] === false ? { checkServerIdentity: () => undefined } : {}),
    ...(/^[\d.]+$|:/.test(name) ? {} : { servername: name }),
    ...(ca === undefined && more.length === 0 ? {} : { ca: ca === undefined ? more : [ca, ...more] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(typeof passphrase === 'string' ? { passphrase } : {}),
    ...(typeof ciphers === 'string' ? { ciphers } : {}),
    ...(least === undefined ? {} : { minVersion: least }),
    ...(newest === undefined ? {} : { maxVersion: newest })
  }
}

function version(value: string | number | boolean | undefined): SecureVersion | undefined {
  if (typeof value !== 'string') return undefined
  return (value === 'TLSv1.0' ? 'TLSv1' : value) as SecureVersion
}

function read(path: string, option: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new PluginError(`cannot read ${path}: ${(error as Error).message}`, option, true)
  }
}

function authorities(folder: string, option: string): Buffer[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch (error) {
    throw new PluginError(`cannot read ${folder}: ${(error as Error).message}`, option, true)
  }
  return names.filter((name) => /\.(pem|crt|cer|0)$/.test(name)).map((name) => read(join(folder, name), option))
}
