/** What became of a batch that was sent in one or more requests. */
import { REFUSED, RETRY, UNSURE, delivered, type Verdict } from '../../plugin/output.ts'
import type { Failure, ItemError } from './answer.ts'
import type { Item } from './items.ts'

export class Outcomes {
  readonly #outcomes: Uint8Array
  readonly #reasons: Map<number, string>
  /** Of the first request that failed as a whole; nothing is sent behind it. */
  #failure: Failure | undefined
  /** Records that failed with it. */
  #failed = 0
  #throttled = false

  /** `refused`: those that were not sent, with the reason. */
  constructor(records: number, refused: ReadonlyMap<number, string>) {
    this.#outcomes = new Uint8Array(records)
    this.#reasons = new Map(refused)
    for (const index of refused.keys()) this.#outcomes[index] = REFUSED
  }

  get failed(): boolean {
    return this.#failure !== undefined
  }

  /** A request was answered, item by item. */
  answered(items: readonly Item[], errors: readonly ItemError[]): void {
    errors.forEach((error, i) => {
      if (error === undefined) return
      this.#throttled ||= error.throttled
      this.#again(items[i]!, RETRY, error.reason)
    })
  }

  /** A request failed as a whole. */
  fail(items: readonly Item[], failure: Failure): void {
    this.#failure = failure
    const unsure = failure.kind === 'retry' && failure.unsure === true
    for (const item of items) this.#failed += this.#again(item, unsure ? UNSURE : RETRY, failure.reason)
  }

  /** A request is not sent, since one before it failed. */
  wait(items: readonly Item[]): void {
    for (const item of items) this.#failed += this.#again(item, RETRY, this.#failure?.reason ?? '')
  }

  #again({ records }: Item, outcome: typeof RETRY | typeof UNSURE, reason: string): number {
    for (const index of records) {
      this.#outcomes[index] = outcome
      this.#reasons.set(index, reason)
    }
    return records.length
  }

  verdict(): Verdict {
    const failure = this.#failure
    if (this.#reasons.size === 0) return delivered
    if (failure !== undefined && this.#failed === this.#outcomes.length) return failure
    const { after, throttled = false } = failure?.kind === 'retry' ? failure : {}
    return {
      kind: 'partial', outcomes: this.#outcomes, reasons: this.#reasons,
      ...(this.#throttled || throttled ? { throttled: true } : {}), ...(after === undefined ? {} : { after })
    }
  }
}
