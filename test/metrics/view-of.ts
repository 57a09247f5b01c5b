/** A view of an agent that does not run, for tests. */
import type { AgentView, InputLedger, OutputLedger } from '../../src/metrics/view.ts'

export const inputLedger: InputLedger = { read: 10, created: 1, buffered: 6, joined: 2, filtered: { 'grep.0': 1 }, dropped: { 'no route': 1 }, held: 1 }
export const outputLedger: OutputLedger = {
  routed: 6, delivered: 3, filtered: {}, dead_lettered: 1, dropped: { 'dead letters full': 1 }, fallback: 0, waiting: 1, repeated: 2
}

export function viewOf(over: Partial<AgentView> = {}): AgentView {
  return {
    version: '0.1.0',
    startedAt: Date.now() - 90_061_000,
    configWarnings: 2,
    reloads: () => ({ done: 3, failed: 1 }),
    notReady: () => undefined,
    stalled: () => undefined,
    inputs: () => [{
      name: 'tail.0', plugin: 'tail', paused: false, memoryBytes: 100, memoryLimit: 1000, memoryFrames: 1, diskFrames: 2, ringDrops: { frames: 4, bytes: 4000 },
      ledger: inputLedger
    }],
    filters: () => [{ name: 'grep.0', plugin: 'grep' }],
    outputs: () => [{
      name: 'up', plugin: 'http', waitingBytes: 250, limitBytes: 1000, oldest: Math.floor(Date.now() / 1000) - 30, requests: 1, concurrency: 2,
      answering: true, parkedRecords: 0, ledger: outputLedger
    }],
    storage: () => ({ memoryFrames: 1, diskFrames: 2, memoryBytes: 100, diskBytes: 200, diskLimit: 1e9, diskFull: false, corruptFrames: 0 }),
    ...over
  }
}

export interface Parsed {
  readonly name: string
  readonly labels: { readonly [label: string]: string }
  readonly value: number
  readonly time: number | undefined
}

/** Reads Prometheus' text format back, with its escapes. */
export function parsePrometheus(page: string): Parsed[] {
  return page.split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => {
    const [, name = '', labels = '', value = '', time] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: (\d+))?$/.exec(line) ?? []
    if (name === '') throw new Error(`not a sample: ${line}`)
    const found: { [label: string]: string } = {}
    for (const [, label = '', text = ''] of labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      found[label] = text.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))
    }
    return { name, labels: found, value: value === '+Inf' ? Infinity : Number(value), time: time === undefined ? undefined : Number(time) }
  })
}
