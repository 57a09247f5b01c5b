import { once } from 'node:events'
import http from 'node:http'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { environmentProxy, proxyUrl, proxyVariables, tunnel } from '../../src/lib/proxy.ts'

const to = (host: string, port = 443, secure = true): Parameters<typeof environmentProxy>[0] => ({ secure, host, port })

describe('the proxy that the environment names', () => {
  it('is HTTPS_PROXY for TLS, HTTP_PROXY where that is not set and for all else', () => {
    const both = { HTTP_PROXY: 'http://plain:3128', HTTPS_PROXY: 'http://secure:3129' }
    expect(environmentProxy(to('a.test'), both)?.host).toBe('secure:3129')
    expect(environmentProxy(to('a.test', 80, false), both)?.host).toBe('plain:3128')
    expect(environmentProxy(to('a.test'), { http_proxy: 'plain:3128' })?.href).toBe('http://plain:3128/')
    expect(environmentProxy(to('a.test', 80, false), { HTTPS_PROXY: 'http://secure:3129' })).toBeUndefined()
    expect(environmentProxy(to('a.test'), { HTTP_PROXY: '' })).toBeUndefined()
  })

  it.each([
    ['*', 'a.test', true],
    ['b.test,a.test', 'a.test', true],
    ['b.test a.test', 'a.test', true],
    ['test', 'a.test', true],
    ['.test', 'a.test', true],
    ['*.test', 'a.test', true],
    ['.a.test', 'a.test', false],
    ['est', 'a.test', false],
    ['A.TEST', 'a.test', true],
    ['a.test:443', 'a.test', true],
    ['a.test:80', 'a.test', false],
    ['169.254.169.254', '169.254.169.254', true],
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['10.0.0.0/8', 'ten.test', false],
    ['10.0.0.0/99', '10.1.2.3', false],
    ['2.3', '10.1.2.3', false],
    ['fd00::/8', 'fd00::1', true],
    ['[::1]:443', '::1', true]
  ])('NO_PROXY %s and the host %s: %s', (list, host, exempt) => {
    expect(environmentProxy(to(host), { HTTP_PROXY: 'http://p', NO_PROXY: list }) === undefined).toBe(exempt)
    expect(environmentProxy(to(host), { HTTP_PROXY: 'http://p', no_proxy: list }) === undefined).toBe(exempt)
  })

  it('is told to agents that read the variables themselves', () => {
    expect(proxyVariables({ http_proxy: 'http://p', NO_PROXY: 'a' })).toEqual({ HTTP_PROXY: 'http://p', HTTPS_PROXY: 'http://p', NO_PROXY: 'a' })
    expect(proxyVariables({ HTTPS_PROXY: 'http://s', HTTP_PROXY: '' })).toEqual({ HTTPS_PROXY: 'http://s' })
    expect(proxyVariables({})).toEqual({})
  })

  it('must be a URL or a host', () => {
    expect(() => proxyUrl('http://')).toThrow(TypeError)
  })
})

describe('a tunnel', () => {
  const servers: Server[] = []
  afterEach(() => { for (const server of servers.splice(0)) server.close() })

  async function listen(server: Server): Promise<number> {
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }

  it('leads to the destination, with the user of the proxy; what comes at once is not lost', async () => {
    const port = await listen(createServer((socket) => { socket.on('data', (bytes) => socket.write(bytes)) }))
    const asked: (string | undefined)[] = []
    const proxy = await listen(http.createServer().on('connect', ({ url, headers }: http.IncomingMessage, client: Socket) => {
      asked.push(url, headers['proxy-authorization'])
      client.write('HTTP/1.1 200 OK\r\n\r\nearly ')
      const onward = connect(port, '127.0.0.1')
      client.pipe(onward).pipe(client)
    }))
    const socket = await tunnel(new URL(`http://us%20er:pass@127.0.0.1:${proxy}`), to('logs.test'), { timeout: 5000 })
    socket.write('echo')
    let text = ''
    for await (const bytes of socket) {
      text += String(bytes)
      if (text.endsWith('echo')) break
    }
    expect(text).toBe('early echo')
    expect(asked).toEqual(['logs.test:443', `Basic ${Buffer.from('us er:pass').toString('base64')}`])
  })

  it('that the proxy does not want, or does not answer to in time, is an error', async () => {
    const refusing = await listen(http.createServer().on('connect', (_: http.IncomingMessage, client: Socket) => {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    }))
    const proxy = (port: number): URL => new URL(`http://127.0.0.1:${port}`)
    await expect(tunnel(proxy(refusing), to('logs.test'), { timeout: 5000 })).rejects.toThrow(/^the proxy 127.*: HTTP 407 to a tunnel to logs.test:443$/)
    const silent = await listen(createServer((socket) => { socket.on('error', () => {}) }))
    await expect(tunnel(proxy(silent), to('logs.test'), { timeout: 100 })).rejects.toThrow(/no tunnel within 0.1 s/)
    await expect(tunnel(proxy(silent), to('logs.test'), { timeout: 0, signal: AbortSignal.timeout(50) })).rejects.toThrow(/abort/i)
  })
})
