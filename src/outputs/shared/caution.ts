/**
 * What a connection means that breaks while a large request is sent. A server that finds a request too large may answer
 * 413 and close without reading it; the system then throws that answer away and the client sees a reset. So after such a
 * reset large requests ask first (`Expect: 100-continue`, RFC 9110, 10.1.1): the server says 413 before the body is
 * sent. A server that resets without an answer even then has said it, too: smaller batches are tried.
 */
import type { Verdict } from '../../plugin/output.ts'
import { NOT_CONNECTED } from './network.ts'

/** Requests below it are never asked about: no server finds them too large. */
const LARGE = 64 * 1024
/** Milliseconds after a reset during which large requests ask first. */
const CAREFUL = 600_000

export class Caution {
  #until = 0

  /** Whether a request of so many bytes asks before it sends its body. */
  asks(bytes: number, now = performance.now()): boolean {
    return bytes > LARGE && now < this.#until
  }

  /**
   * The verdict on a request of `records` records and `bytes` bytes that had no answer. `asked`: it asked first, and
   * got no word (`silent`) or was told to go on.
   */
  failed(error: unknown, records: number, bytes: number, asked: 'no' | 'silent' | 'told' = 'no', now = performance.now()): Verdict {
    const reason = error instanceof Error ? error.message : String(error)
    if (reason.startsWith(NOT_CONNECTED)) return { kind: 'retry', reason }
    if (bytes > LARGE && isReset(error)) {
      this.#until = now + CAREFUL
      if (asked === 'silent' && records > 1) return { kind: 'too_large', reason: `${reason}, at the second time: smaller requests are tried` }
    }
    return { kind: 'retry', reason, unsure: true, ...(isLate(error) ? { slow: true } : {}) }
  }
}

/** As LateError and the errors of vendors' clients have it. */
function isLate(error: unknown): boolean {
  const { name = '', cause } = error as { name?: string; cause?: unknown }
  return name === 'TimeoutError' || (cause !== undefined && isLate(cause))
}

function isReset(error: unknown): boolean {
  const { code = '', message = '', cause } = error as { code?: string; message?: string; cause?: unknown }
  if (/ECONNRESET|EPIPE|socket hang up/.test(`${code} ${message}`)) return true
  return cause !== undefined && isReset(cause)
}
