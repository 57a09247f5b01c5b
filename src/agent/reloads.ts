/** Requests to load the configuration again, one at a time, and how many took effect. */
import type { ReloadAnswer } from '../metrics/server.ts'
import type { Result } from '../config/make-plan.ts'

/** Where the configuration comes from, for those who run it through changes. */
export interface ReloadSource {
  /** Reads and checks it again. */
  readonly load: () => Promise<Result>
  /** Whether SIGHUP loads it again when it does not say (`hot_reload`). */
  readonly byDefault: boolean
  /** Calls back at each SIGHUP; from then on the signal does not end the process. */
  readonly onHangup: (callback: () => void) => void
}

export interface ReloadRequest {
  readonly answer: (answer: ReloadAnswer) => void
}

export class Reloads {
  done = 0
  failed = 0
  #busy = false
  #waiting = Promise.withResolvers<ReloadRequest>()

  /** Asks for a reload; resolves with what became of it. */
  async request(): Promise<ReloadAnswer> {
    if (this.#busy) return { reload: 'in progress', status: -2 }
    this.#busy = true
    const { promise, resolve } = Promise.withResolvers<ReloadAnswer>()
    this.#waiting.resolve({ answer: resolve })
    const answer = await promise
    this.#busy = false
    if (answer.status === 0) this.done++
    else this.failed++
    return answer
  }

  /** The next request; whoever takes it must answer it. */
  async next(): Promise<ReloadRequest> {
    const request = await this.#waiting.promise
    this.#waiting = Promise.withResolvers()
    return request
  }
}
