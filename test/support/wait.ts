import { setTimeout as sleep } from 'node:timers/promises'

export { sleep }

/**
 * Asks `probe` again and again until it returns something other than undefined, false or null.
 * Fails with `what` after `timeout` milliseconds; a probe that throws has no answer yet, and its last error is told.
 */
export async function eventually<T> (
  what: string | (() => string),
  probe: () => T | Promise<T>,
  { timeout = 20_000, interval = 25 } = {}
): Promise<Exclude<T, undefined | false | null>> {
  const deadline = Date.now() + timeout
  let last: unknown
  for (;;) {
    try {
      const answer = await probe()
      if (answer !== undefined && answer !== false && answer !== null) return answer as Exclude<T, undefined | false | null>
      last = undefined
    } catch (error) {
      last = error
    }
    if (Date.now() >= deadline) {
      const text = typeof what === 'string' ? what : what()
      throw new Error(`not within ${timeout} ms: ${text}${last instanceof Error ? ` (${last.message})` : ''}`)
    }
    await sleep(interval)
  }
}
