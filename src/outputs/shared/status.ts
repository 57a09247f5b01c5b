/** What an HTTP status means for a request as a whole. */
import type { Verdict } from '../../plugin/output.ts'

export interface Answer {
  readonly status: number
  /** Header fields by lower-case name. */
  readonly headers: { readonly [name: string]: string | string[] | undefined }
  readonly body: string
}

/** As much of an answer's body as a reason quotes. */
const QUOTED = 300

/**
 * 2xx delivered; 413 too large; 408, 429, 5xx and redirects again; any other 4xx refused: the same request would be
 * refused for ever. After a 502 or 504 the destination behind the proxy may have taken it.
 */
export function verdictOfStatus(answer: Answer): Verdict {
  const { status } = answer
  const reason = describeAnswer(answer)
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  if (status === 413) return { kind: 'too_large', reason }
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) return { kind: 'refused', reason }
  return again(answer, reason)
}

/** `retry`, after as long as the answer asks for. */
export function again(answer: Answer, reason = describeAnswer(answer)): Verdict {
  const { status } = answer
  const after = retryAfter(answer.headers['retry-after'])
  return {
    kind: 'retry',
    reason,
    ...(after === undefined ? {} : { after }),
    ...(status === 429 || status === 503 ? { throttled: true } : {}),
    ...(status === 502 || status === 504 ? { unsure: true } : {})
  }
}

export function describeAnswer({ status, body }: Answer): string {
  const text = body.slice(0, QUOTED * 2).replace(/\s+/g, ' ').trim()
  return `HTTP ${status}${text === '' ? '' : ': ' + text.slice(0, QUOTED)}`
}

/** Milliseconds of a Retry-After field (RFC 9110, 10.2.3): seconds or a date; undefined when there is none or it is past. */
export function retryAfter(value: string | string[] | undefined, now = Date.now()): number | undefined {
  if (typeof value !== 'string' || value === '') return undefined
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isFinite(wait) && wait > 0 ? wait : undefined
}
