import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { killLater, killNot } from './guard.ts'
import { sleep } from './wait.ts'

export interface StartOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** Where standard output goes; without it to `log`. */
  readonly stdout?: string
  /** Where standard error goes. Both are appended to. */
  readonly log: string
}

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process of ours: its output goes to files, and it never outlives the test process. */
export class Running {
  readonly pid: number
  readonly exited: Promise<Ending>
  readonly log: string
  ending: Ending | undefined
  readonly #child: ChildProcess

  constructor (options: StartOptions) {
    const log = openSync(options.log, 'a')
    const out = options.stdout === undefined ? log : openSync(options.stdout, 'a')
    this.log = options.log
    this.#child = spawn(options.command, [...options.args], {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', out, log]
    })
    closeSync(log)
    if (out !== log) closeSync(out)
    this.pid = this.#child.pid ?? 0
    if (this.pid !== 0) killLater(this.pid)
    this.exited = new Promise((resolve) => {
      const end = (ending: Ending): void => {
        if (this.ending !== undefined) return
        this.ending = ending
        if (this.pid !== 0) killNot(this.pid)
        resolve(ending)
      }
      this.#child.once('error', () => end({ code: 127, signal: null }))
      this.#child.once('exit', (code, signal) => end({ code, signal }))
    })
  }

  get alive (): boolean {
    return this.ending === undefined
  }

  signal (signal: NodeJS.Signals): void {
    if (this.alive) this.#child.kill(signal)
  }

  /** kill -9, and wait until it is gone. */
  async kill (): Promise<void> {
    this.signal('SIGKILL')
    await this.exited
  }

  /** SIGTERM, then SIGKILL after `grace` milliseconds. */
  async stop (grace = 15_000): Promise<Ending> {
    this.signal('SIGTERM')
    await Promise.race([this.exited, sleep(grace, undefined, { ref: false })])
    this.signal('SIGKILL')
    return this.exited
  }

  /** The last lines it wrote, for messages of failed tests. */
  tail (lines = 20): string {
    try {
      return readFileSync(this.log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
    } catch {
      return ''
    }
  }
}
