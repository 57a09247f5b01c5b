/** The part of kafkajs that `kafkajs-client.ts` mends; the package has no types for it. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  interface RequestQueue {
    readonly pending: readonly unknown[]
    readonly throttledUntil: number
    scheduleCheckPendingRequests(): void
  }
  const requestQueue: { readonly prototype: RequestQueue }
  export default requestQueue
}
