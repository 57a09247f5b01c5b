/** Sends records to Fluentd, Fluent Bit or another Fantail by the forward protocol. */
import type { Batch } from '../event/batch.ts'
import { defineOutput, type Output, type OutputContext, type Verdict } from '../plugin/output.ts'
import { NODE_OPTIONS, forwardOptions, type ForwardOptions } from './forward/options.ts'
import { Target } from './forward/target.ts'
import { Rotation } from './shared/rotation.ts'

const CONCURRENCY = 2

export const forward = defineOutput({
  name: 'forward',
  summary: 'Send records by the forward protocol, to Fluentd, Fluent Bit or Fantail.',
  description:
    'Every request is acknowledged by the other side before its records count as delivered. A server that acknowledges '
    + 'nothing needs require_ack_response off, or is asked again for ever.',
  options: forwardOptions,
  network: { port: 24_224, nodes: NODE_OPTIONS },
  examples: [
    { title: 'To an aggregator', config: "name: forward\nmatch: '*'\nhost: aggregator\nport: 24224\ncompress: gzip" },
    { title: 'With a shared key, over TLS', config: "name: forward\nmatch: '*'\nhost: aggregator\ntls: on\nshared_key: secret\nself_hostname: node-1" }
  ],
  limits: (options) => ({ maxBytes: 1024 * 1024, maxRecords: 10_000, concurrency: CONCURRENCY, ordered: true, gather: options.compress !== undefined }),
  create: (options, context) => new ForwardOutput(options, context)
})

class ForwardOutput implements Output {
  readonly #targets: Rotation<Target>

  constructor(options: ForwardOptions, { network, pool, name, log }: OutputContext) {
    const nodes = network.nodes?.map((node) => {
      return new Target({ ...options, unix_path: undefined, ...node.options }, node.network, pool, `node ${node.name}`, CONCURRENCY)
    })
    this.#targets = new Rotation(nodes ?? [new Target(options, network, pool, options.unix_path ?? `${network.host ?? '127.0.0.1'}:${network.port ?? 24_224}`, CONCURRENCY)])
    if (options.username !== '' && options.shared_key === undefined && !options.empty_shared_key) {
      log.warn(`The username of ${name} is not used: a server asks for it only together with a shared key, if an empty one.`)
    }
  }

  async write(batch: Batch, signal: AbortSignal): Promise<Verdict> {
    for (;;) {
      const target = this.#targets.next()
      const { verdict, unreached } = await target.send(batch, signal)
      if (verdict.kind !== 'retry') {
        this.#targets.succeeded(target)
        return verdict
      }
      this.#targets.failed(target)
      if (!unreached || !this.#targets.hasOther(target)) return verdict
    }
  }

  close(): Promise<void> {
    for (const target of this.#targets.nodes) target.close()
    return Promise.resolve()
  }
}
