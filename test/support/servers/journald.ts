/** Real files of the journal, written by systemd-journal-remote: what journald writes, without systemd as process 1. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { killLater, killNot } from '../guard.ts'
import { debian } from './server.ts'
import type { Requirement } from './server.ts'

const program = '/lib/systemd/systemd-journal-remote'

export const journalRemote: Requirement = {
  name: 'systemd-journal-remote',
  prepare: () => debian(program, ['systemd-journal-remote'])
}

export type Fields = Readonly<Record<string, string | Buffer>>

/** Appends entries to one file; a file that is there is gone on with. */
export class JournalWriter {
  readonly file: string
  readonly #child: ChildProcess
  #time = Date.now() * 1000

  /** `env` may say `SYSTEMD_JOURNAL_COMPACT=0` and `SYSTEMD_JOURNAL_KEYED_HASH=0`, as Bottlerocket does. */
  constructor (file: string, env: NodeJS.ProcessEnv = {}) {
    this.file = file
    mkdirSync(path.dirname(file), { recursive: true })
    this.#child = spawn(program, ['-o', file, '-'], { stdio: ['pipe', 'ignore', 'ignore'], env: { ...process.env, ...env } })
    if (this.#child.pid !== undefined) killLater(this.#child.pid)
    this.#child.stdin?.on('error', () => {})
  }

  write (entries: readonly Fields[]): void {
    const parts: Buffer[] = []
    for (const entry of entries) {
      const time = ++this.#time
      const all: Fields = {
        __REALTIME_TIMESTAMP: String(time), __MONOTONIC_TIMESTAMP: String(time % 1e12), _BOOT_ID: 'aaaabbbbccccddddeeeeffff00001111', ...entry
      }
      for (const [name, value] of Object.entries(all)) parts.push(field(name, Buffer.from(value)))
      parts.push(Buffer.from('\n'))
    }
    this.#child.stdin?.write(Buffer.concat(parts))
  }

  /** Ends when everything is in the file. */
  async close (): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.stdin?.end()
    await ended
    if (this.#child.pid !== undefined) killNot(this.#child.pid)
  }
}

/** Journal Export Format: a value with a newline goes behind its length. */
function field (name: string, value: Buffer): Buffer {
  if (!value.includes(10)) return Buffer.concat([Buffer.from(`${name}=`), value, Buffer.from('\n')])
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(value.length))
  return Buffer.concat([Buffer.from(`${name}\n`), length, value, Buffer.from('\n')])
}
