/** Outputs with what surrounds each: its queue, its delivery engine, its dead letters and its parking. */
import { join, resolve } from 'node:path'
import type { FrameStore, OutputQueue } from '../buffer/store.ts'
import type { OutputPlan, Plan } from '../config/plan.ts'
import { DeadLetterRoom, DeadLetters } from '../pipeline/dead-letters.ts'
import { Delivery } from '../pipeline/deliver.ts'
import { FallbackQueue } from '../pipeline/fallback.ts'
import { deliveryMeter } from '../pipeline/delivery-meter.ts'
import { ProcessedQueue } from '../pipeline/processed-queue.ts'
import { Parking } from '../pipeline/parking.ts'
import { Replay } from '../pipeline/replay.ts'
import type { NetworkOptions, Output, OutputContext } from '../plugin/output.ts'
import { createProcessors } from './filters.ts'
import { guarded, type Workshop } from './workshop.ts'

export interface RunningOutput {
  readonly plan: OutputPlan
  readonly output: Output
  readonly queue: OutputQueue
  readonly delivery: Delivery
}

/** Folder of the dead letters. */
export function deadLetterFolder(plan: Plan, directory: string): string {
  const path = plan.service['storage.rejected.path']
  return path === 'rejected' ? join(directory, 'dlq') : resolve(directory, path)
}

export async function createOutputs(
  plan: Plan, workshop: Workshop, store: FrameStore, pathOf: (uid: string) => string | undefined
): Promise<RunningOutput[]> {
  const { service } = plan
  const room = new DeadLetterRoom(deadLetterFolder(plan, store.directory), service['storage.rejected.limit'], service['storage.rejected.on_full'])
  await room.measure()
  const running: RunningOutput[] = []
  // lines of a file keep their order when it is rotated and goes on as another stream
  const sourceOf = (uid: string): string => pathOf(uid) || uid
  const fallbacks = new Map(plan.outputs.flatMap(({ fallback }) => (
    fallback === undefined ? [] : [[fallback, new FallbackQueue(store.queue(fallback), fallback)] as const]
  )))
  for (const owner of plan.outputs) {
    const context = outputContext(owner, plan, workshop, store)
    const output = await guarded(owner, () => owner.spec.create(owner.options as never, context))
    const { log } = context
    const deadLetters = service['storage.keep.rejected'] ? new DeadLetters({ output: owner.label, room, log, pathOf }) : undefined
    const queue = store.queue(owner.label)
    const taken = fallbacks.get(owner.label) ?? queue
    const units = await createProcessors(owner.processors, workshop)
    const limits = owner.spec.limits(owner.options)
    const workers = owner.common.workers
    const fallback = owner.fallback === undefined ? undefined : fallbacks.get(owner.fallback)
    running.push({
      plan: owner,
      output,
      queue,
      delivery: new Delivery({
        name: owner.label,
        output,
        limits: workers === undefined || workers === 0 ? limits : { ...limits, concurrency: workers },
        sourceOf,
        queue: units.length === 0 ? taken : new ProcessedQueue(taken, owner.label, units, workshop.pool),
        retry: retryOf(owner, plan),
        flush: service.flush,
        meter: deliveryMeter(workshop.metrics.meter(owner.label)),
        log,
        deadLetters,
        parking: new Parking({ directory: parkingFolder(store.directory, owner.label), output: owner.label, log, sourceOf }),
        replay: deadLetters === undefined ? undefined : new Replay(deadLetters, owner.label, log),
        fallback: fallback && { fallback, after: owner.common.fallback_after }
      })
    })
  }
  for (const { plan: { label }, delivery } of running) {
    const queue = fallbacks.get(label)
    if (queue !== undefined) queue.answers = () => delivery.delivers
  }
  return running
}

/** Stops deliveries, a fallback before those that hand records to it: they keep what it was not done with. */
export async function stopOutputs(outputs: readonly RunningOutput[]): Promise<void> {
  const stopped = new Map<string, Promise<void>>()
  const stop = ({ plan, delivery }: RunningOutput): Promise<void> => {
    const known = stopped.get(plan.label)
    if (known !== undefined) return known
    const fallback = outputs.find((output) => output.plan.label === plan.fallback)
    const done = (fallback === undefined ? Promise.resolve() : stop(fallback).catch(() => {})).then(() => delivery.stop())
    stopped.set(plan.label, done)
    return done
  }
  await Promise.allSettled(outputs.map(stop))
}

/** Where an output may keep what is its own. */
export function outputFolder(directory: string, label: string): string {
  return join(directory, 'outputs', encodeURIComponent(label))
}

/** Where its parked records are. */
export function parkingFolder(directory: string, label: string): string {
  return join(directory, 'parking', encodeURIComponent(label))
}

function retryOf({ common }: OutputPlan, { service }: Plan): OutputContext['retry'] {
  const limit = common.retry_limit
  return { base: service['scheduler.base'], cap: service['scheduler.cap'], limit: limit === Infinity ? undefined : limit }
}

export function outputContext(owner: OutputPlan, plan: Plan, workshop: Workshop, store: FrameStore): OutputContext {
  const { service } = plan
  return {
    ...workshop.context(owner),
    stateDirectory: () => outputFolder(store.directory, owner.label),
    whenDelivered: (callback) => store.whenDelivered(callback),
    retry: retryOf(owner, plan),
    workers: owner.common.workers,
    service: { flush: service.flush, grace: service.grace },
    network: networkOptions(owner)
  }
}

/** `net.*` and `tls.*` without their prefixes; `tls` itself as `enabled`. */
function networkOptions({ network, nodes }: Pick<OutputPlan, 'network' | 'nodes'>): NetworkOptions {
  const net: { [name: string]: string | number | boolean | undefined } = {}
  const tls: { [name: string]: string | number | boolean | undefined } = {}
  for (const [name, value] of Object.entries(network)) {
    if (name.startsWith('net.')) net[name.slice('net.'.length)] = value
    else if (name.startsWith('tls.')) tls[name.slice('tls.'.length)] = value
    else if (name === 'tls') tls['enabled'] = value
    else if (name === 'ipv6') net['ipv6'] = value
  }
  const several = nodes.map((node) => ({ name: node.name, network: networkOptions({ network: node.network, nodes: [] }), options: node.options }))
  return { host: network.host, port: network.port, net, tls, ...(several.length === 0 ? {} : { nodes: several }) }
}
