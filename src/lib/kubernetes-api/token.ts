/** The bearer token: from a file that the kubelet renews, or from a command. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { ApiFailure } from './failure.ts'

const COMMAND_TIME = 10_000

export interface TokenOptions {
  readonly file: string | undefined
  /** A line for the shell that prints the token; goes before the file. */
  readonly command: string | undefined
  /** Milliseconds after which it is read again; 0 reads it for each request. */
  readonly ttl: number
}

export class Token {
  readonly #options: TokenOptions
  #value: string | undefined
  #until = -1

  constructor(options: TokenOptions) {
    this.#options = options
  }

  /** Undefined: requests go without one. Rejects with an ApiFailure when it cannot be read. */
  async read(): Promise<string | undefined> {
    if (performance.now() < this.#until) return this.#value
    const { file, command, ttl } = this.#options
    if (command !== undefined) this.#value = await run(command)
    else if (file !== undefined) this.#value = readToken(file)
    this.#until = performance.now() + ttl
    return this.#value
  }

  /** The server does not take it: the next `read` reads it anew. */
  refused(): void {
    this.#until = -1
  }
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new ApiFailure(`The token ${file} cannot be read: ${(error as Error).message}`)
  }
}

function run(command: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  execFile('/bin/sh', ['-c', command], { timeout: COMMAND_TIME }, (error, stdout) => {
    if (error === null) resolve(stdout.trim())
    else reject(new ApiFailure(`The command for the token failed${typeof error.code === 'number' ? ` with code ${error.code}` : ''}.`))
  })
  return promise
}
