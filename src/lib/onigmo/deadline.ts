/**
 * Runs a regular expression under a deadline. V8 checks for interruption while it backtracks, so a script with a timeout
 * can be stopped inside of `exec`.
 */
import { Script } from 'node:vm'

/** Milliseconds that one text may take. */
const DEADLINE = 100

interface Slot {
  regex: RegExp
  text: string
}

const SLOT = Symbol.for('fantail.regex')
const slot: Slot = { regex: /(?:)/, text: '' }
const script = new Script(`globalThis[Symbol.for('fantail.regex')].run()`)
Object.defineProperty(globalThis, SLOT, {
  value: { run: () => slot.regex.exec(slot.text) },
  enumerable: false
})

/** What `regex.exec(text)` gives, or undefined when it takes too long. */
export function execWithin(regex: RegExp, text: string): RegExpExecArray | null | undefined {
  slot.regex = regex
  slot.text = text
  try {
    return script.runInThisContext({ timeout: DEADLINE }) as RegExpExecArray | null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
    throw error
  }
}
