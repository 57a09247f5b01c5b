/** An agent that runs while something is measured, and what the operating system says of it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const AGENT = process.env['FANTAIL_BENCH_AGENT'] ?? resolve(import.meta.dirname, '../bin/fantail')

export function scratchFolder(): string {
  return mkdtempSync(join(tmpdir(), 'fantail-bench-'))
}

export class RunningAgent {
  readonly child: ChildProcess
  readonly folder: string

  constructor(folder: string, config: string, stdout: 'ignore' | 'pipe' = 'ignore', command = AGENT) {
    this.folder = folder
    mkdirSync(join(folder, 'state'), { recursive: true })
    const file = join(folder, 'config.yaml')
    writeFileSync(file, config)
    const env = { ...process.env, FANTAIL_STATE_DIR: join(folder, 'state') }
    this.child = spawn(command, ['-c', file], { env, stdio: ['ignore', stdout, 'inherit'] })
  }

  /** CPU seconds so far. */
  cpu(): number {
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  }

  /** Resident megabytes now and at the most. */
  memory(): { now: number; peak: number } {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8')
    const of = (name: string): number => (Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1024) / 1e6
    return { now: of('VmRSS'), peak: of('VmHWM') }
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode
    const ended = new Promise<number | null>((done) => this.child.once('exit', done))
    this.child.kill(signal)
    return await ended
  }

  /** Resolves when it ends by itself. */
  async ended(): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode
    return await new Promise<number | null>((done) => this.child.once('exit', done))
  }
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

export const pause = async (ms: number): Promise<void> => await new Promise((done) => setTimeout(done, ms))
