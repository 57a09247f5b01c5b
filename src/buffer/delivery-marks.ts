/** Who waits until every output is done with all frames up to some point. */
import type { Queue } from './output-queue.ts'

export class DeliveryMarks {
  /** In ascending order. */
  readonly #marks: { readonly below: number, readonly callback: () => void }[] = []

  /** Calls back once when all frames with a sequence number below `below` are done. */
  add(below: number, callback: () => void): void {
    this.#marks.push({ below, callback })
  }

  /** Calls back those whose frames are done. */
  tell(queues: Iterable<Queue>): void {
    if (this.#marks.length === 0) return
    let undone = Infinity
    for (const { oldest } of queues) undone = Math.min(undone, oldest)
    while (this.#marks.length > 0 && this.#marks[0]!.below <= undone) this.#marks.shift()!.callback()
  }
}
