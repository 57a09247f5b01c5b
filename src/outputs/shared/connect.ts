/** Connections of outputs that do not speak HTTP: TCP, TLS or a Unix socket, with the options `net.*` and `tls.*`, through a proxy where the environment names one. */
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { NetworkOptions } from '../../plugin/output.ts'
import { proxyTo, resolving, tlsOptions, tunnelTo, watchConnecting, type Endpoint } from './network.ts'

/** Resolves when the connection stands, TLS included; rejects with a message that begins with NOT_CONNECTED. */
export async function connect(network: NetworkOptions, endpoint: Endpoint, signal: AbortSignal, unixPath?: string): Promise<Socket> {
  const { net } = network
  const { secure, host, port } = endpoint
  signal.throwIfAborted()
  const local = net['source_address']
  const probing = net['tcp_keepalive'] === true
  const seconds = net['tcp_keepalive_time']
  const options = {
    host, port, noDelay: true, ...resolving(network),
    ...(typeof local === 'string' ? { localAddress: local } : {}),
    ...(probing ? { keepAlive: true } : {}),
    ...(probing && typeof seconds === 'number' && seconds > 0 ? { keepAliveInitialDelay: seconds * 1000 } : {})
  }
  const limit = net['connect_timeout']
  const timeout = typeof limit === 'number' ? limit : 0
  const proxy = unixPath === undefined ? proxyTo(network, endpoint) : undefined
  const through = proxy === undefined ? undefined : await tunnelTo(network, endpoint, proxy, signal)
  if (through !== undefined && !secure) return through
  const socket = unixPath !== undefined
    ? connectTcp({ path: unixPath })
    : secure
      ? connectTls({ ...options, ...(through === undefined ? {} : { socket: through }), ...tlsOptions(network, host) })
      : connectTcp(options)
  watchConnecting(socket, unixPath === undefined ? endpoint : { secure: false, host: unixPath, port: 0 }, timeout)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const aborted = (): void => { socket.destroy(new Error('aborted')) }
  signal.addEventListener('abort', aborted, { once: true })
  socket.once('error', reject)
  socket.once(secure && unixPath === undefined ? 'secureConnect' : 'connect', resolve)
  try {
    await promise
  } finally {
    signal.removeEventListener('abort', aborted)
    socket.removeListener('error', reject)
  }
  return socket
}
