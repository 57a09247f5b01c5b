/** Sends batches by PutRecords or PutRecordBatch; each record has the outcome that the service gave it. */
import type { Batch } from '../../event/batch.ts'
import type { ByteWriter } from '../../lib/byte-writer.ts'
import type { Output, OutputContext, Verdict } from '../../plugin/output.ts'
import { fixedAuthorization } from '../shared/authorization.ts'
import { AwsAuth } from '../shared/aws/auth.ts'
import { Sender } from '../shared/sender.ts'
import { WriterPool } from '../shared/writer-pool.ts'
import { readAnswer, type Failure } from './answer.ts'
import { ItemMaker, type Item } from './items.ts'
import { Outcomes } from './outcomes.ts'
import { MOST_ITEMS, type Settings } from './settings.ts'

/** Milliseconds until an answer must be complete. */
const TIMEOUT = 60_000
const KEPT_WRITERS = 8

export class KinesisOutput implements Output {
  readonly #set: Settings
  readonly #context: OutputContext
  readonly #items: ItemMaker
  readonly #auth: AwsAuth
  readonly #sender: Sender
  readonly #writers = new WriterPool(KEPT_WRITERS)
  readonly #headers: { readonly [name: string]: string }

  constructor(settings: Settings, context: OutputContext) {
    this.#set = settings
    this.#context = context
    this.#items = new ItemMaker(settings, context.pool)
    this.#auth = new AwsAuth(settings.auth, settings.service.name, settings.endpoint)
    this.#sender = new Sender({
      network: context.network, endpoint: settings.endpoint, authorization: fixedAuthorization({}),
      compression: undefined, aws: this.#auth, timeout: TIMEOUT
    })
    this.#headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': settings.service.target }
  }

  async write(batch: Batch, signal: AbortSignal): Promise<Verdict> {
    const writer = this.#writers.take()
    const { items, refused } = this.#items.make(batch, writer)
    const outcomes = new Outcomes(batch.count, refused)
    for (const request of this.#cut(items)) {
      if (outcomes.failed) outcomes.wait(request)
      else await this.#send(request, outcomes, signal)
    }
    this.#writers.give(writer)
    return outcomes.verdict()
  }

  /** As many items in each request as the service takes. */
  #cut(items: readonly Item[]): Item[][] {
    const { maxBytes } = this.#set.service
    const requests: Item[][] = []
    let bytes = 0
    for (const item of items) {
      const size = item.data.length + Buffer.byteLength(item.key)
      const last = requests.at(-1)
      if (last === undefined || last.length === MOST_ITEMS || bytes + size > maxBytes) {
        requests.push([item])
        bytes = size
      } else {
        last.push(item)
        bytes += size
      }
    }
    return requests
  }

  async #send(items: readonly Item[], outcomes: Outcomes, signal: AbortSignal): Promise<void> {
    const { service, path } = this.#set
    const writer = this.#writers.take()
    this.#fill(items, writer)
    const { answer, verdict } = await this.#sender.send({ method: 'POST', path, headers: this.#headers, body: writer.view(), records: items.length }, signal)
    if (answer === undefined) return outcomes.fail(items, verdict as Failure)
    if (answer.finished) this.#writers.give(writer)
    const read = readAnswer(answer, service, items.length)
    if (!('failure' in read)) return outcomes.answered(items, read)
    if (read.credentials) this.#auth.refused()
    if (read.alarm) this.#context.log.error('the service takes nothing, records wait until it does', { reason: read.failure.reason })
    outcomes.fail(items, read.failure)
  }

  #fill(items: readonly Item[], to: ByteWriter): void {
    const { service, stream } = this.#set
    to.text(`{${JSON.stringify(service.stream)}:${JSON.stringify(stream)},"Records":[`)
    items.forEach(({ data, key }, i) => {
      to.text(i === 0 ? '{"Data":"' : ',{"Data":"')
      const text = data.toString('base64')
      to.reserve(text.length)
      to.length += to.bytes.write(text, to.length, 'latin1')
      to.text(service.hasKeys ? `","PartitionKey":${JSON.stringify(key)}}` : '"}')
    })
    to.text(']}')
  }

  close(): Promise<void> {
    this.#sender.close()
    return Promise.resolve()
  }
}
