/** moto 5.2.5 from PyPI: CloudWatch Logs, S3 and STS, in memory. */
import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { Running } from '../process.ts'
import { freePort, tempFolder } from '../temp.ts'
import { eventually } from '../wait.ts'
import { cached } from './cache.ts'
import { debian, onPath } from './server.ts'
import type { Requirement } from './server.ts'

const exec = promisify(execFile)
/** Every package with its version; pip checks what it fetches against the index. */
const list = path.join(import.meta.dirname, 'moto-requirements.txt')

async function home (): Promise<string> {
  if (!onPath('python3')) await debian('python3', ['python3', 'python3-venv'])
  // Packages lie in a folder rather than an environment, whose scripts would name the place where it was made.
  return await cached('moto-5.2.5-1', async (folder) => {
    const venv = path.join(folder, 'venv')
    await exec('python3', ['-m', 'venv', venv])
    const pip = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '--no-deps', '--target', path.join(folder, 'packages'), '-r', list]
    await exec(path.join(venv, 'bin/python3'), pip, { maxBuffer: 64 << 20 })
    rmSync(venv, { recursive: true })
  })
}

export const moto: Requirement = { name: 'moto 5.2.5', prepare: async () => { await home() } }

export interface MotoServer {
  readonly url: string
  readonly port: number
  /** Empties everything. */
  reset (): Promise<void>
  stop (): Promise<void>
}

/** With a port, a server that was stopped comes back at its place, empty. */
export async function startMoto (port?: number): Promise<MotoServer> {
  const folder = tempFolder('moto')
  const at = port ?? await freePort()
  const url = `http://127.0.0.1:${at}`
  const running = new Running({
    command: 'python3',
    args: ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(at)],
    env: { ...process.env, PYTHONPATH: path.join(await home(), 'packages') },
    cwd: folder,
    log: path.join(folder, 'server.log')
  })
  await eventually(() => `moto ready\n${running.tail()}`, async () => (await fetch(`${url}/moto-api/data.json`)).ok, { timeout: 60_000 })
  return {
    url,
    port: at,
    reset: async () => { await fetch(`${url}/moto-api/reset`, { method: 'POST' }) },
    stop: async () => {
      await running.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
