import process from 'node:process'
import type { Agent } from '../support/agent.ts'
import type { Checker } from '../support/checker.ts'
import { faults } from '../support/collector.ts'
import type { Collector, Fault } from '../support/collector.ts'
import { onTestFinished } from 'vitest'
import { imbalances, total } from '../support/ledger.ts'
import type { Writer } from '../support/writer.ts'
import { eventually, sleep } from '../support/wait.ts'

/** `npm run torture -- --long`. */
export const long: boolean = process.env['FANTAIL_TORTURE'] === 'long'

/** One number for a short run, one for a long one. */
export function length (short: number, full: number): number {
  return long ? full : short
}

export function between (low: number, high: number): number {
  return low + Math.random() * (high - low)
}

export function pick<T> (items: readonly T[]): T {
  const item = items[Math.floor(Math.random() * items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

/** Runs `step` again and again, each time after the pause it answers with (in ms), until the returned function is called. */
export function repeat (step: () => number | Promise<number>): () => Promise<void> {
  let on = true
  const stop = Promise.withResolvers<undefined>()
  const loop = async (): Promise<void> => {
    while (on) {
      const pause = await step()
      await Promise.race([sleep(pause), stop.promise])
    }
  }
  const done = loop()
  const end = async (): Promise<void> => {
    on = false
    stop.resolve(undefined)
    await done
  }
  // A test that fails half-way must not leave it running.
  onTestFinished(() => end().catch(() => {}))
  return end
}

/** Lines at a steady pace, in small portions, over all writers; no more than about `most` in all. */
export function load (writers: readonly Writer[], linesPerSecond: number, most = Infinity): () => Promise<void> {
  const begin = Date.now()
  let written = 0
  return repeat(() => {
    const due = Math.min(Math.floor((Date.now() - begin) / 1000 * linesPerSecond), most) - written
    const share = Math.ceil(due / writers.length)
    if (share > 0) for (const writer of writers) writer.write(share)
    written += share * writers.length
    return 20
  })
}

/** Waits until, by the ledger, every output has delivered at least `written` records and none waits. */
export async function deliveredByLedger (agent: Agent, written: number): Promise<void> {
  await eventually(() => `all ${written} delivered\n${agent.running.tail()}`, async () => {
    const { outputs } = await agent.ledger()
    return Object.values(outputs).every(({ waiting, delivered }) => total(waiting) === 0 && total(delivered) >= written)
  }, { timeout: length(120_000, 900_000), interval: 500 })
}

/** The destination is well half of the time, and fails in some way in the other half. */
export function flap (collector: Collector, kinds: readonly Fault[] = faults): () => Promise<void> {
  const stop = repeat(async () => {
    await collector.fail(collector.fault === 'none' ? pick(kinds) : 'none')
    return between(100, 900)
  })
  return async () => {
    await stop()
    await collector.fail('none')
  }
}

/** Waits until every line of every writer came, and says which did not. */
export async function allDelivered (
  checker: Checker, writers: readonly { readonly name: string, readonly count: number }[], agent: Agent, timeout = 60_000
): Promise<void> {
  let last = -1
  let since = Date.now()
  // As long as something still comes, it is slow rather than lost.
  await eventually(() => `every line delivered\n${checker.missing(writers).join('\n')}\n${agent.running.tail(10)}`, () => {
    if (!agent.alive) throw new Error(`the agent ended: ${JSON.stringify(agent.running.ending)}`)
    if (checker.total !== last) [last, since] = [checker.total, Date.now()]
    if (Date.now() - since > timeout) return 'stuck'
    return writers.every(({ name, count }) => checker.seen(name) >= count)
  }, { timeout: 3_600_000, interval: 100 })
  const missing = checker.missing(writers)
  if (missing.length > 0) throw new Error(`${missing.join('\n')}\n${agent.running.tail(10)}`)
}

/**
 * The ledger when everything is delivered: both equations balance, nothing waits or is held, nothing was dropped, and
 * every line was read exactly once into the buffer. Each problem is a sentence.
 */
export async function settledLedger (agent: Agent, lines: number): Promise<string[]> {
  const problems = async (): Promise<string[]> => {
    const ledger = await agent.ledger()
    const found = imbalances(ledger)
    let read = 0
    for (const [name, terms] of Object.entries(ledger.inputs)) {
      read += total(terms['read'])
      if (total(terms['held']) > 0) found.push(`${name}: ${total(terms['held'])} held`)
      if (total(terms['dropped']) > 0) found.push(`${name}: dropped ${JSON.stringify(terms['dropped'])}`)
    }
    for (const [name, terms] of Object.entries(ledger.outputs)) {
      for (const term of ['waiting', 'dropped', 'dead_lettered']) if (total(terms[term]) > 0) found.push(`${name}: ${total(terms[term])} ${term}`)
    }
    if (read !== lines) found.push(`read ${read} of ${lines} lines`)
    return found
  }
  // The last acknowledgements may still be on their way.
  await eventually('a settled ledger', async () => (await problems()).length === 0, { timeout: 5000 }).catch(() => {})
  return problems()
}

export function sum (writers: readonly { readonly count: number }[]): number {
  return writers.reduce((lines, { count }) => lines + count, 0)
}
