import { mkdtempSync, realpathSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { removeLater } from './guard.ts'

/** A fresh folder, removed when the test process ends (kept with FANTAIL_KEEP). Its path has no symbolic links in it. */
export function tempFolder (name: string): string {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), `fantail-${name}-`)))
  if (process.env['FANTAIL_KEEP'] === undefined) removeLater(folder)
  return folder
}

/** A TCP port that was free a moment ago, on 127.0.0.1. */
export async function freePort (): Promise<number> {
  const server = createServer()
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.once('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resolve(port))
  })
  return promise
}
