/** What became of the records of a batch, gathered from the requests it took. */
import type { Batch } from '../../event/batch.ts'
import { DELIVERED, REFUSED, RETRY, UNSURE, delivered, type Verdict } from '../../plugin/output.ts'
import type { Failure } from './failure.ts'

const NOTHING_YET = 255

export class Outcomes {
  readonly #outcomes: Uint8Array
  readonly #reasons = new Map<number, string>()
  #worst: Failure | undefined
  #after = 0
  #throttled = false

  constructor({ count }: Batch) {
    this.#outcomes = new Uint8Array(count).fill(NOTHING_YET)
  }

  delivered(record: number): void {
    const before = this.#outcomes[record]
    if (before === NOTHING_YET) this.#outcomes[record] = DELIVERED
    // another part of a long message was not taken: all of it goes again
    else if (before === RETRY) this.#outcomes[record] = UNSURE
  }

  refused(record: number, reason: string): void {
    this.#outcomes[record] = REFUSED
    this.#reasons.set(record, reason)
  }

  /** Not taken. What was taken in part before, of a long message, goes again as a whole. */
  again(record: number, { reason, unsure }: Failure): void {
    const before = this.#outcomes[record]
    if (before === REFUSED) return
    this.#outcomes[record] = unsure === true || before === DELIVERED || before === UNSURE ? UNSURE : RETRY
    this.#reasons.set(record, reason)
  }

  failed(failure: Failure): void {
    this.#worst ??= failure
    this.#after = Math.max(this.#after, failure.after ?? 0)
    if (failure.throttled === true) this.#throttled = true
  }

  verdict(): Verdict {
    const outcomes = this.#outcomes
    if (this.#reasons.size === 0 && this.#worst === undefined) return delivered
    return {
      kind: 'partial',
      outcomes,
      reasons: this.#reasons,
      // said of all of it only when nothing came through: the engine looks at that
      ...(this.#worst === undefined ? {} : { down: true }),
      ...(this.#after > 0 ? { after: this.#after } : {}),
      ...(this.#throttled ? { throttled: true } : {})
    }
  }
}
