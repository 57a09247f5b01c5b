/** Which HTTP proxy leads to a host, by the variables that everybody knows, and a tunnel through it. */
import http from 'node:http'
import * as https from 'node:https'
import { BlockList, isIP, type Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'

export interface Destination {
  readonly secure: boolean
  readonly host: string
  readonly port: number
}

/**
 * The proxy that the environment names for a destination: HTTPS_PROXY for TLS where it is set, HTTP_PROXY otherwise (for
 * TLS too, as Fluent Bit has it), in capitals or not; none for hosts of NO_PROXY. Throws TypeError for what is no URL.
 */
export function environmentProxy({ secure, host, port }: Destination, env: NodeJS.ProcessEnv = process.env): URL | undefined {
  const names = secure ? ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'] : ['HTTP_PROXY', 'http_proxy']
  const text = names.map((name) => env[name]).find((value) => value !== undefined && value !== '')
  if (text === undefined || exempt(env['NO_PROXY'] || env['no_proxy'] || '', host, port)) return undefined
  return proxyUrl(text)
}

/** The variables as Node's own agents read them, with HTTP_PROXY for TLS too where nothing else is said. */
export function proxyVariables(env: NodeJS.ProcessEnv = process.env): { [name: string]: string } {
  const plain = env['HTTP_PROXY'] || env['http_proxy']
  const secure = env['HTTPS_PROXY'] || env['https_proxy'] || plain
  const exempted = env['NO_PROXY'] || env['no_proxy']
  return { ...(plain && { HTTP_PROXY: plain }), ...(secure && { HTTPS_PROXY: secure }), ...(exempted && { NO_PROXY: exempted }) }
}

/** A URL as it stands, a host and port as those of an HTTP proxy. */
export function proxyUrl(text: string): URL {
  return new URL(text.includes('://') ? text : `http://${text}`)
}

/**
 * NO_PROXY: parts set off by commas or spaces: `*`, a host (its subdomains too), `.domain` or `*.domain`, an address, a
 * network as `10.0.0.0/8`; each with `:port` if only that port is meant.
 */
function exempt(list: string, host: string, port: number): boolean {
  return list.toLowerCase().split(/[\s,]+/).some((part) => {
    if (part === '' || part === '*') return part === '*'
    const [, name = part, only] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(part) ?? []
    if (only !== undefined && Number(only) !== port) return false
    return covers(name.replace(/^\[|\]$/g, ''), host.toLowerCase())
  })
}

function covers(name: string, host: string): boolean {
  const family = isIP(host)
  const [, network, bits] = /^([^/]+)\/(\d+)$/.exec(name) ?? []
  if (network === undefined) {
    const domain = name.replace(/^\*?\./, '')
    return (domain === name && host === name) || (family === 0 && host.endsWith(`.${domain}`))
  }
  if (family === 0 || isIP(network) !== family || Number(bits) > (family === 4 ? 32 : 128)) return false
  const type = family === 4 ? 'ipv4' : 'ipv6'
  const addresses = new BlockList()
  addresses.addSubnet(network, Number(bits), type)
  return addresses.check(host, type)
}

export interface TunnelOptions {
  /** Milliseconds until the tunnel must stand; 0 for no limit. */
  readonly timeout: number
  readonly localAddress?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Options of node:tls for a proxy that is itself reached by TLS. */
  readonly tls?: ConnectionOptions | undefined
}

/** A connection through a proxy (CONNECT, RFC 9110 section 9.3.6). Rejects when the proxy cannot be reached or does not want to. */
export function tunnel(proxy: URL, { host, port }: Destination, { timeout, localAddress, signal, tls }: TunnelOptions): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const secure = proxy.protocol === 'https:'
  const name = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const proxyHost = proxy.hostname.replace(/^\[|\]$/g, '')
  const user = decodeURIComponent(proxy.username)
  const request = (secure ? https : http).request({
    // without it the name in the header would be asked for, which is the destination's
    ...(secure ? { servername: isIP(proxyHost) === 0 ? proxyHost : '', ...tls } : {}),
    agent: false,
    host: proxyHost,
    port: proxy.port === '' ? (secure ? 443 : 80) : Number(proxy.port),
    method: 'CONNECT',
    path: name,
    headers: {
      host: name,
      ...(user === '' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(`${user}:${decodeURIComponent(proxy.password)}`).toString('base64')}` })
    },
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(signal === undefined ? {} : { signal })
  })
  const told = (text: string): Error => new Error(`the proxy ${proxy.host}: ${text}`)
  const timer = timeout <= 0 ? undefined : setTimeout(() => { request.destroy(new Error(`no tunnel within ${timeout / 1000} s`)) }, timeout)
  request.on('error', (error) => { reject(told(error.message)) })
  request.on('connect', ({ statusCode = 0 }, socket: Socket, head) => {
    if (statusCode >= 200 && statusCode < 300) {
      if (head.length > 0) socket.unshift(head)
      socket.setNoDelay(true)
      resolve(socket)
      return
    }
    socket.destroy()
    reject(told(`HTTP ${statusCode} to a tunnel to ${name}`))
  })
  request.end()
  return promise.finally(() => { clearTimeout(timer) })
}
