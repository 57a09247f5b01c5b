/** `fantail ledger`: where every record went, from the state on disk. Exit code 1 when an equation does not balance. */

import { readLedger } from '../buffer/tools.ts'
import { inputImbalance, outputImbalance, type Reasons } from '../event/ledger.ts'
import { print, type Io } from './io.ts'
import type { Arguments } from './options.ts'
import { stateOf } from './state.ts'

export async function run(args: Arguments, io: Io): Promise<number> {
  const { inputs, outputs } = readLedger((await stateOf(args, io)).directory)
  let lacking = 0
  for (const [name, terms] of Object.entries(inputs)) {
    const { read, created, buffered, joined, filtered, dropped, held } = terms
    const parts = [`buffered ${buffered}`, `joined ${joined}`, ...reasons('filtered', filtered), ...reasons('dropped', dropped), `held ${held}`]
    const lack = inputImbalance(terms)
    print(io, `input ${name}`, `  read ${read} + created ${created} = ${parts.join(' + ')}${verdict(lack)}`)
    lacking += Math.abs(lack)
  }
  for (const [name, terms] of Object.entries(outputs)) {
    const { routed, delivered, filtered, dead_lettered, dropped, fallback, waiting, repeated } = terms
    const parts = [
      `delivered ${delivered}`, ...reasons('filtered', filtered), `dead-lettered ${dead_lettered}`, ...reasons('dropped', dropped),
      ...(fallback === 0 ? [] : [`fallback ${fallback}`]), `waiting ${waiting}`
    ]
    const lack = outputImbalance(terms)
    print(io, `output ${name}`, `  routed ${routed} = ${parts.join(' + ')}${verdict(lack)}`, `  sent again ${repeated}`)
    lacking += Math.abs(lack)
  }
  return lacking === 0 ? 0 : 1
}

function reasons(term: string, counts: Reasons): string[] {
  const entries = Object.entries(counts)
  return entries.length === 0 ? [`${term} 0`] : entries.map(([reason, records]) => `${term}(${reason}) ${records}`)
}

function verdict(lack: number): string {
  return lack === 0 ? '' : `  — does not balance, ${lack} records`
}
