/** Pushes records to Loki by its push API (JSON). */
import type { OutgoingHttpHeaders } from 'node:http'
import { compileAccessor, type Accessor } from '../event/accessor.ts'
import type { Batch } from '../event/batch.ts'
import { Record } from '../event/record.ts'
import { writeDigits } from '../lib/digits.ts'
import type { ByteWriter } from '../lib/byte-writer.ts'
import { REFUSED, RETRY, UNSURE, defineOutput, delivered, type Output, type OutputContext, type Verdict } from '../plugin/output.ts'
import { isFixed, joinSets, labelText, readLabelMap, readLabels, type LabelSet } from './loki/labels.ts'
import { Line } from './loki/line.ts'
import { lokiOptions, type LokiOptions } from './loki/options.ts'
import { atOption, optionAccessor } from './shared/accessors.ts'
import { fixedAuthorization } from './shared/authorization.ts'
import { Sender } from './shared/sender.ts'
import { again, describeAnswer, verdictOfStatus, type Answer } from './shared/status.ts'
import { WriterPool } from './shared/writer-pool.ts'

const CONCURRENCY = 4
const ANSWER_TIMEOUT = 60_000
/** What a stream is called that has no labels. */
const NO_LABELS = '{"job":"fluent-bit"}'
/** Loki's word for lines older than it takes, with the time from which on it takes them. */
const TOO_OLD = /timestamp too old.*oldest acceptable timestamp is: (\S+Z)/

export const loki = defineOutput({
  name: 'loki',
  summary: 'Push records to Loki.',
  description:
    'Lines of one file go out in order. What Loki refuses (400: too old, too new, too long) becomes a dead letter, and only '
    + 'that; 429 and 5xx: again, not before Retry-After; credentials or a path that are not accepted: records wait until '
    + 'somebody mends it.',
  options: lokiOptions,
  network: { port: 3100 },
  examples: [{
    title: 'A stream per container',
    config: "name: loki\nmatch: 'kube.*'\nhost: loki\nlabels: job=fantail\nlabel_keys: $kubernetes['namespace_name'], $kubernetes['container_name']"
  }],
  limits: (options) => ({ maxBytes: 1024 * 1024, maxRecords: 10_000, concurrency: CONCURRENCY, ordered: true, gather: options.compress !== undefined }),
  create: (options, context) => new LokiOutput(options, context)
})

class LokiOutput implements Output {
  readonly #options: LokiOptions
  readonly #context: OutputContext
  readonly #sender: Sender
  readonly #headers: OutgoingHttpHeaders
  readonly #labels: LabelSet
  /** The labels when all records have the same. */
  readonly #fixed: string | undefined
  readonly #metadata: LabelSet
  readonly #line: Line
  readonly #tenant: Accessor | undefined
  readonly #record: Record
  readonly #writers = new WriterPool(CONCURRENCY)

  constructor(options: LokiOptions, context: OutputContext) {
    const { network, pool } = context
    this.#options = options
    this.#context = context
    this.#sender = new Sender({
      network,
      endpoint: { secure: network.tls['enabled'] === true, host: network.host ?? '127.0.0.1', port: network.port ?? 3100 },
      authorization: fixedAuthorization({ user: options.http_user, password: options.http_passwd, token: options.bearer_token }),
      compression: options.compress,
      timeout: ANSWER_TIMEOUT
    })
    this.#headers = { 'Content-Type': 'application/json', ...headerFields(options) }
    const { labels = [], label_keys = [], structured_metadata = [], structured_metadata_map_keys = [], remove_keys = [] } = options
    this.#labels = joinSets(
      readLabels('labels', labels, options.auto_kubernetes_labels ? ["$kubernetes['labels']"] : [], 'auto_kubernetes_labels', pool),
      readLabels('label_keys', label_keys, [], '', pool),
      ...(options.label_map_path === undefined ? [] : [readLabelMap(options.label_map_path, pool)])
    )
    this.#metadata = readLabels('structured_metadata', structured_metadata, structured_metadata_map_keys, 'structured_metadata_map_keys', pool)
    this.#fixed = isFixed(this.#labels) ? withLabels(labelText(this.#labels, undefined, '')) : undefined
    const removed = remove_keys.map((text) => atOption('remove_keys', () => compileAccessor(text, pool)))
    // members deep within others first: what holds them may be removed, too
    const all = [...removed, ...this.#labels.taken, ...this.#metadata.taken].sort((a, b) => b.path.length - a.path.length)
    this.#line = new Line(options, all)
    this.#tenant = optionAccessor(options.tenant_id_key, pool, 'tenant_id_key')
    this.#record = new Record(pool)
  }

  async write(batch: Batch, signal: AbortSignal): Promise<Verdict> {
    const groups = this.#byTenant(batch)
    const [first] = groups
    if (groups.size === 1) return await this.#push(batch, first![0], signal)
    const outcomes = new Uint8Array(batch.count)
    const reasons = new Map<number, string>()
    let again: Verdict | undefined
    const work = [...groups]
    for (let at = 0; at < work.length; at++) {
      const [tenant, indices] = work[at]!
      const verdict = await this.#push(batch.select(indices), tenant, signal)
      if (verdict.kind === 'retry') again = verdict
      if (verdict.kind === 'delivered') continue
      if (verdict.kind === 'too_large' && indices.length > 1) {
        // the engine halves whole batches, of which the other tenants have had their part
        const half = indices.length >>> 1
        work.splice(at + 1, 0, [tenant, indices.slice(0, half)], [tenant, indices.slice(half)])
        continue
      }
      const mayBeThere = verdict.kind === 'retry' && verdict.unsure === true
      indices.forEach((i, n) => {
        outcomes[i] = verdict.kind === 'partial' ? verdict.outcomes[n]! : verdict.kind === 'refused' || verdict.kind === 'too_large' ? REFUSED : mayBeThere ? UNSURE : RETRY
        const reason = verdict.kind === 'partial' ? verdict.reasons.get(n) : verdict.reason
        if (reason !== undefined) reasons.set(i, reason)
      })
    }
    if (reasons.size === 0) return delivered
    const { after, throttled } = again?.kind === 'retry' ? again : {}
    return { kind: 'partial', outcomes, reasons, ...(after === undefined ? {} : { after }), ...(throttled === undefined ? {} : { throttled }) }
  }

  /** Indices of the records by their tenant; empty text for none. */
  #byTenant(batch: Batch): Map<string, number[]> {
    const usual = this.#options.tenant_id ?? ''
    const groups = new Map<string, number[]>()
    if (this.#tenant === undefined) return groups.set(usual, [])
    for (let i = 0; i < batch.count; i++) {
      batch.open(i, this.#record)
      const own = this.#tenant.locate(this.#record) && this.#tenant.isString() ? this.#tenant.text() : ''
      const tenant = own === '' ? usual : own
      const group = groups.get(tenant)
      if (group === undefined) groups.set(tenant, [i])
      else group.push(i)
    }
    return groups
  }

  async #push(batch: Batch, tenant: string, signal: AbortSignal): Promise<Verdict> {
    const writer = this.#writers.take()
    this.#fill(batch, writer)
    const { answer, verdict } = await this.#sender.send({
      method: 'POST',
      path: this.#options.uri.startsWith('/') ? this.#options.uri : '/' + this.#options.uri,
      headers: tenant === '' ? this.#headers : { ...this.#headers, 'X-Scope-OrgID': tenant.replace(/[^\t\x20-\x7e]/g, '?') },
      body: writer.view(),
      records: batch.count
    }, signal)
    if (answer === undefined) return verdict
    if (answer.finished) this.#writers.give(writer)
    return this.#verdictOf(answer, batch)
  }

  /** The streams of the batch with their lines, in order. */
  #fill(batch: Batch, to: ByteWriter): void {
    to.text('{"streams":[')
    if (this.#fixed !== undefined) this.#writeStream(batch, undefined, this.#fixed, to)
    else {
      const streams = new Map<string, number[]>()
      for (let i = 0; i < batch.count; i++) {
        batch.open(i, this.#record)
        const labels = withLabels(labelText(this.#labels, this.#record, batch.tag(i)))
        const indices = streams.get(labels)
        if (indices === undefined) streams.set(labels, [i])
        else indices.push(i)
      }
      let more = false
      for (const [labels, indices] of streams) {
        if (more) to.text(',')
        more = true
        this.#writeStream(batch, indices, labels, to)
      }
    }
    to.text(']}')
  }

  #writeStream(batch: Batch, indices: readonly number[] | undefined, labels: string, to: ByteWriter): void {
    to.text(`{"stream":${labels},"values":[`)
    const count = indices?.length ?? batch.count
    const hasMetadata = this.#metadata.labels.length > 0 || this.#metadata.maps.length > 0
    const opens = hasMetadata || this.#line.needsRecord
    for (let n = 0; n < count; n++) {
      const i = indices === undefined ? n : indices[n]!
      if (opens) batch.open(i, this.#record)
      const metadata = hasMetadata ? labelText(this.#metadata, this.#record, batch.tag(i)) : '{}'
      to.reserve(40)
      to.text(n === 0 ? '["' : ',["')
      to.length = writeDigits(batch.seconds(i), 1, to.bytes, to.length)
      to.length = writeDigits(batch.nanos(i), 9, to.bytes, to.length)
      to.text('",')
      this.#line.write(batch, i, this.#record, to)
      to.text(metadata === '{}' ? ']' : `,${metadata}]`)
    }
    to.text(']}')
  }

  /**
   * A 400 says that some lines were refused (the last of them is named) and that the others were taken: those that are
   * too old are told by their time; else the batch is halved until the line at fault is alone. What was taken already
   * is sent again then, and Loki keeps equal lines of one time once.
   */
  #verdictOf(answer: Answer, batch: Batch): Verdict {
    const { status } = answer
    const reason = describeAnswer(answer)
    if (status === 400) return refuseTooOld(batch, answer.body, reason) ?? { kind: batch.count === 1 ? 'refused' : 'too_large', reason }
    if (![401, 403, 404, 405, 407].includes(status)) return verdictOfStatus(answer)
    this.#context.log.error(`Loki does not accept requests: ${reason}. Records wait until it does.`)
    return again(answer)
  }

  close(): Promise<void> {
    this.#sender.close()
    return Promise.resolve()
  }
}

/** Undefined when that is not what the answer says, or no record is that old. */
function refuseTooOld(batch: Batch, body: string, reason: string): Verdict | undefined {
  const oldest = Date.parse(TOO_OLD.exec(body)?.[1] ?? '')
  if (Number.isNaN(oldest)) return undefined
  const outcomes = new Uint8Array(batch.count)
  const reasons = new Map<number, string>()
  let refused = 0
  for (let i = 0; i < batch.count; i++) {
    const isOld = batch.seconds(i) * 1000 + batch.nanos(i) / 1e6 < oldest
    outcomes[i] = isOld ? REFUSED : RETRY
    reasons.set(i, reason)
    if (isOld) refused++
  }
  return refused === 0 ? undefined : { kind: 'partial', outcomes, reasons }
}

function withLabels(text: string): string {
  return text === '{}' ? NO_LABELS : text
}

function headerFields({ header }: LokiOptions): OutgoingHttpHeaders {
  return Object.fromEntries(header.map(([name = '', value = '']) => [name, value]))
}
