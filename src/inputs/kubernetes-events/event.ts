/** An Event of the API (v1), as far as the input reads it. */
export interface KubernetesEvent {
  readonly metadata?: {
    readonly resourceVersion?: string
    readonly creationTimestamp?: string | null
  }
  readonly firstTimestamp?: string | null
  readonly lastTimestamp?: string | null
  /** With microseconds; of events of the newer kind, which have no other time. */
  readonly eventTime?: string | null
}

/** When it happened last, as it says itself; now when it says nothing. */
export function timeOf({ metadata, firstTimestamp, lastTimestamp, eventTime }: KubernetesEvent): { readonly seconds: number; readonly nanos: number } {
  for (const text of [lastTimestamp, eventTime, firstTimestamp, metadata?.creationTimestamp]) {
    const time = typeof text === 'string' ? Date.parse(text) : NaN
    if (Number.isNaN(time) || time < 0) continue
    const fraction = /\.(\d{1,9})/.exec(text!)?.[1] ?? ''
    return { seconds: Math.floor(time / 1000), nanos: Number(fraction.padEnd(9, '0')) }
  }
  const now = Date.now()
  return { seconds: Math.floor(now / 1000), nanos: (now % 1000) * 1_000_000 }
}
