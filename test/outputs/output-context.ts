/** What an output is given, for tests: a log that is kept and a network that leads to a local server. */
import { fileURLToPath } from 'node:url'
import type { Field, Fields, OptionsOf } from '../../src/config/fields.ts'
import { Pool } from '../../src/event/pool.ts'
import type { NetworkOptions, OutputContext, OutputSpec, Verdict } from '../../src/plugin/output.ts'

export interface TestContext extends OutputContext {
  readonly logged: string[]
}

export function outputContext(network: Partial<NetworkOptions> = {}): TestContext {
  const logged: string[] = []
  const note = (message: string): void => { logged.push(message) }
  return {
    name: 'out.0',
    log: { error: note, warn: note, info: note, debug: note },
    meter: { counter: () => ({ value: 0 }), gauge: () => {}, gauges: () => {} },
    pool: new Pool(),
    given: [],
    parser: () => undefined,
    joiner: () => { throw new Error('outputs have no joiners') },
    stateDirectory: () => fileURLToPath(new URL('.', import.meta.url)),
    whenDelivered: () => {},
    retry: { base: 10, cap: 50, limit: undefined },
    workers: undefined,
    service: { flush: 1000, grace: 5000 },
    network: { host: undefined, port: undefined, net: {}, tls: {}, ...network },
    logged
  }
}

/** The defaults of an output's options with some of them set. */
export function optionsOf<F extends Fields>(spec: OutputSpec<F>, set: { readonly [name: string]: unknown } = {}): OptionsOf<F> {
  const values: { [name: string]: unknown } = {}
  for (const [name, field] of Object.entries<Field>(spec.options)) {
    values[name] = name in set ? set[name] : field.multiple ? [] : field.default
  }
  for (const name in set) if (!(name in spec.options)) throw new Error(`${spec.name} has no option ${name}`)
  return values as OptionsOf<F>
}

/** The outcomes of a verdict on single records as an array, for comparison. */
export function outcomes(verdict: Verdict): number[] {
  if (verdict.kind !== 'partial') throw new Error(`not partial: ${JSON.stringify(verdict)}`)
  return [...verdict.outcomes]
}

export const never = new AbortController().signal
