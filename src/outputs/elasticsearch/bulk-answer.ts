/** What the answer to a `_bulk` request says of each record. */
import { DELIVERED, REFUSED, REPEATED, RETRY, delivered, type Verdict } from '../../plugin/output.ts'
import { again, describeAnswer, type Answer } from '../shared/status.ts'

/** `errors` is false: nothing more is looked at. The field comes before the items in every server's answer. */
const ALL_DONE = /^\s*\{[^[\]{}]*"errors"\s*:\s*false/

/** Refusals by error type although the status is that of a wrong request: time or an operator mends them. */
const MENDABLE = new Set([
  'index_closed_exception', 'index_not_found_exception', 'cluster_block_exception', 'security_exception',
  'no_shard_available_action_exception', 'index_create_block_exception'
])

interface Failure {
  readonly type?: string
  readonly reason?: string | null
  readonly caused_by?: Failure
}

interface Item {
  readonly status?: number
  readonly error?: Failure | string
}

export interface BulkAnswer {
  readonly verdict: Verdict
  /** The answer has a failed item. */
  readonly failures: boolean
  /** Something an operator must see to (credentials, rights, a wrong path). */
  readonly alarm?: string
}

/** `count` records were sent, in this order. */
export function readBulkAnswer(answer: Answer, count: number): BulkAnswer {
  const { status, body } = answer
  if (status !== 200 && status !== 201) return { ...wholeRequest(answer), failures: true }
  if (ALL_DONE.test(body.length > 512 ? body.slice(0, 512) : body)) return { verdict: delivered, failures: false }
  const items = parseItems(body)
  if (items === undefined || items.length !== count) {
    const reason = items === undefined
      ? `the answer is not one to a bulk request: ${describeAnswer(answer)}`
      : `the answer has ${items.length} items for ${count} records`
    return { verdict: { kind: 'retry', reason, unsure: true }, failures: true }
  }
  return { verdict: verdictOfItems(items), failures: true }
}

function parseItems(body: string): Item[] | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return undefined
  }
  if (typeof parsed !== 'object' || parsed === null || !('items' in parsed) || !Array.isArray(parsed.items)) return undefined
  // an item is an object with one member, named like the action
  return parsed.items.map((item: unknown) => Object.values(item as { [action: string]: Item })[0] ?? {})
}

function verdictOfItems(items: readonly Item[]): Verdict {
  const outcomes = new Uint8Array(items.length)
  const reasons = new Map<number, string>()
  let throttled = false
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!
    const outcome = outcomeOf(item)
    outcomes[i] = outcome
    if (outcome === RETRY || outcome === REFUSED) reasons.set(i, describeItem(item))
    if (item.status === 429) throttled = true
  }
  return { kind: 'partial', outcomes, reasons, ...(throttled ? { throttled } : {}) }
}

function outcomeOf({ status, error }: Item): number {
  if (status === undefined) return RETRY
  if (status < 300) return DELIVERED
  const type = typeof error === 'object' ? error.type : undefined
  if (status === 409) return REPEATED
  if (status === 429 || status >= 500 || status === 408 || status === 401 || status === 403) return RETRY
  return type !== undefined && MENDABLE.has(type) ? RETRY : REFUSED
}

function describeItem({ status, error }: Item): string {
  if (error === undefined) return `status ${status ?? 'missing'}`
  if (typeof error === 'string') return `status ${status ?? 'missing'}: ${error}`
  let text = ''
  for (let cause: Failure | undefined = error; cause !== undefined; cause = cause.caused_by) {
    text += `${text === '' ? '' : ', because of '}${cause.type ?? 'error'}: ${cause.reason ?? ''}`
  }
  return text
}

/**
 * A 400 concerns something in the request: halved, the record at fault is found and the others pass. Other refusals
 * (credentials, rights, a wrong path) are no fault of the records: they wait until somebody mends it.
 */
function wholeRequest(answer: Answer): { verdict: Verdict; alarm?: string } {
  const { status } = answer
  const reason = describeAnswer(answer)
  if (status === 400 || status === 413) return { verdict: { kind: 'too_large', reason } }
  if (status === 429 || status === 408 || status >= 500) return { verdict: again(answer) }
  return { verdict: again(answer), alarm: reason }
}
