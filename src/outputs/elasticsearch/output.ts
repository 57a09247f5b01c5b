/** The output behind es and opensearch: one `_bulk` request per batch, a verdict per record. */
import type { Batch } from '../../event/batch.ts'
import { DELIVERED, REFUSED, type Output, type OutputContext, type Verdict } from '../../plugin/output.ts'
import { BufferPool } from '../shared/buffer-pool.ts'
import { compressBody } from '../shared/compress.ts'
import { Rotation } from '../shared/rotation.ts'
import type { Answer } from '../shared/status.ts'
import { readBulkAnswer } from './bulk-answer.ts'
import { BulkBody, type BulkRequest } from './bulk-body.ts'
import { Node, type Posted } from './node.ts'
import { BODY_OPTIONS, type ElasticsearchOptions } from './options.ts'
import { readSettings } from './settings.ts'

/** How the servers say that a field's shape is not that of the index. */
const CLASH = /object mapping|of type object|START_OBJECT|as object, but found/i

/** As much of a request as trace_output shows. */
const TRACED = 16_384

/** Bounds of a request: large enough that its own cost vanishes, small enough to be held four times. */
export const BULK_LIMITS = { maxBytes: 1024 * 1024, maxRecords: 10_000, concurrency: 4, ordered: false, gather: false } as const

export class ElasticsearchOutput implements Output {
  readonly #options: ElasticsearchOptions
  readonly #context: OutputContext
  readonly #buffers = new BufferPool(BULK_LIMITS.concurrency)
  readonly #nodes: Rotation<Node>

  constructor(options: ElasticsearchOptions, context: OutputContext) {
    this.#options = options
    this.#context = context
    const bulkOf = (of: ElasticsearchOptions): BulkBody => new BulkBody(readSettings(of, context.pool), context.pool, this.#buffers)
    const bulk = bulkOf(options)
    const nodes = context.network.nodes?.map(({ network, options: own }) => {
      const all = { ...options, ...own }
      return new Node(all, network, BODY_OPTIONS.some((name) => name in own) ? bulkOf(all) : bulk)
    })
    this.#nodes = new Rotation(nodes ?? [new Node(options, context.network, bulk)])
  }

  async open(): Promise<void> {
    for (const node of this.#nodes.nodes) await node.open()
  }

  /** Nodes take turns; one that cannot be reached leaves the batch to the next. */
  async write(batch: Batch, signal: AbortSignal): Promise<Verdict> {
    for (;;) {
      const node = this.#nodes.next()
      const request = node.bulk.build(batch, Math.floor(Date.now() / 1000))
      const count = batch.count - request.refused.size
      if (count === 0) {
        this.#buffers.give(request.body)
        return overall(batch.count, request, { kind: 'delivered' })
      }
      const posted = await this.#post(node, request, count, signal)
      if (posted.answer !== undefined && posted.answer.status < 500) this.#nodes.succeeded(node)
      else this.#nodes.failed(node)
      if (posted.answer !== undefined) return overall(batch.count, request, this.#verdict(posted.answer, count))
      if (!posted.unreached || !this.#nodes.hasOther(node)) return posted.verdict
    }
  }

  async #post(node: Node, request: BulkRequest, count: number, signal: AbortSignal): Promise<Posted> {
    if (this.#options.trace_output) this.#context.log.info(request.body.toString('utf8', 0, Math.min(request.length, TRACED)))
    const whole = request.body.subarray(0, request.length)
    const posted = await node.post(node.compresses ? await compressBody(whole, 'gzip') : whole, count, signal)
    // only with an answer the request is known to have left: a failed one may still be read by its socket
    if (posted.answer !== undefined) this.#buffers.give(request.body)
    return posted
  }

  #verdict(answer: Answer, count: number): Verdict {
    const { verdict, failures, alarm } = readBulkAnswer(answer, count)
    if (alarm !== undefined) this.#context.log.error(`The server does not accept requests: ${alarm}. They wait until it does.`)
    if (failures && this.#options.trace_error) this.#context.log.info(answer.body)
    if (verdict.kind === 'partial' && !this.#options.replace_dots && [...verdict.reasons.values()].some((reason) => CLASH.test(reason))) {
      this.#context.log.warn('A field is an object in some records and a value in others, so that their index refuses them: '
        + 'with labels such as `app` and `app.kubernetes.io/name`, `replace_dots on` keeps them apart.')
    }
    return verdict
  }

  async close(): Promise<void> {
    for (const node of this.#nodes.nodes) await node.close()
  }
}

/** Adds the records that could not be sent to the verdict of those that were. */
function overall(count: number, { sent, refused }: BulkRequest, verdict: Verdict): Verdict {
  if (sent === undefined) return verdict
  if (verdict.kind === 'delivered') {
    const outcomes = new Uint8Array(count).fill(DELIVERED)
    for (const i of refused.keys()) outcomes[i] = REFUSED
    return { kind: 'partial', outcomes, reasons: refused }
  }
  // as a whole: those that cannot be sent will be found again next time
  if (verdict.kind !== 'partial') return verdict
  const outcomes = new Uint8Array(count)
  const reasons = new Map(refused)
  for (const i of refused.keys()) outcomes[i] = REFUSED
  sent.forEach((i, item) => {
    outcomes[i] = verdict.outcomes[item]!
    const reason = verdict.reasons.get(item)
    if (reason !== undefined) reasons.set(i, reason)
  })
  return { ...verdict, outcomes, reasons }
}
