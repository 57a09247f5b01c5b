/** What a server of the Kubernetes API did not do, as a sentence and as what decides what happens next. */
export class ApiFailure extends Error {
  /** HTTP status, or the code of a Status object; 0 when there was no answer. */
  readonly status: number
  /** Milliseconds that the server asks to wait; undefined when it does not. */
  readonly retryAfter: number | undefined

  constructor(message: string, status = 0, retryAfter?: number) {
    super(message)
    this.status = status
    this.retryAfter = retryAfter
  }

  /** The version asked for is no longer known: what is known must be read anew. */
  get expired(): boolean {
    return this.status === 410
  }

  /** The request itself is refused, so trying the same again soon does not help. */
  get refused(): boolean {
    return this.status === 401 || this.status === 403
  }
}

/** A `Status` object of the API (v1) in words: its message, else its reason. */
export function statusText(text: string): string {
  try {
    const status = JSON.parse(text) as { message?: unknown; reason?: unknown } | null
    for (const words of [status?.message, status?.reason]) if (typeof words === 'string' && words !== '') return words
  } catch {
    // no JSON: the kubelet and proxies answer in plain text
  }
  return text.trim().slice(0, 200)
}
