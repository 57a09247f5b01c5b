import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Listener, listenOptions, type ListenPlace } from '../../../src/inputs/shared/listener.ts'
import { defaultOf } from '../../../src/config/values.ts'
import { eventually } from '../../support/wait.ts'

type Options = Parameters<typeof Listener.create>[0]

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function listen(given: Partial<Options> = {}, place: Partial<ListenPlace> = {}): Promise<{ listener: Listener; sockets: Socket[] }> {
  const values = Object.fromEntries(Object.entries(listenOptions).map(([name, field]) => [name, defaultOf(field)]))
  const sockets: Socket[] = []
  const where = { host: '127.0.0.1', port: 0, path: undefined, permissions: undefined, ...place }
  const listener = await Listener.create({ ...values, ...given } as Options, where, (socket) => void sockets.push(socket))
  await listener.listen()
  closers.push(() => listener.close())
  return { listener, sockets }
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'listener-'))
  closers.push(() => rmSync(made, { recursive: true, force: true }))
  return made
}

describe('a listener', () => {
  it('hands over connections and ends them when it is closed', async () => {
    const { listener, sockets } = await listen()
    const client = connect(listener.port, '127.0.0.1')
    const ended = new Promise((resolve) => client.once('close', resolve))
    client.on('error', () => {})
    client.resume()
    await eventually('the connection', () => sockets.length === 1 && listener.connections === 1)
    await listener.close()
    closers.pop()
    await ended
  })

  it('says when it cannot listen', async () => {
    const { listener } = await listen()
    await expect(listen({}, { port: listener.port })).rejects.toThrow('cannot listen')
  })

  it('listens on a socket in the file system with the permissions asked for, and never takes it from another', async () => {
    const path = join(folder(), 'socket')
    const { sockets } = await listen({}, { path, permissions: '0600' })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const client = connect(path)
    client.on('error', () => {})
    await eventually('the connection', () => sockets.length === 1)
    await expect(listen({}, { path })).rejects.toThrow('cannot listen')
  })

  it('wants a certificate and a key that can be used', async () => {
    await expect(listen({ tls: true })).rejects.toThrow('tls needs tls.crt_file and tls.key_file')
    await expect(listen({ tls: true, 'tls.crt_file': '/nowhere.pem', 'tls.key_file': '/nowhere.pem' })).rejects.toThrow('cannot be read')
    const file = join(folder(), 'junk.pem')
    writeFileSync(file, 'junk')
    await expect(listen({ tls: true, 'tls.crt_file': file, 'tls.key_file': file })).rejects.toThrow('cannot be used')
  })
})
