/** `fantail ledger`: where every record went, from the state on disk. Exit code 1 when an equation does not balance. */

import { outputFolder, parkingFolder } from '../agent/outputs.ts'
import { readLedger } from '../buffer/tools.ts'
import { addOutcome } from '../buffer/totals.ts'
import { inputImbalance, outputImbalance, type OutputTerms, type Reasons } from '../event/ledger.ts'
import { readStagingTerms } from '../outputs/shared/staging.ts'
import { readParkingTerms } from '../pipeline/parking.ts'
import { print, type Io } from './io.ts'
import type { Arguments } from './options.ts'
import { stateOf } from './state.ts'

export async function run(args: Arguments, io: Io): Promise<number> {
  const { directory } = await stateOf(args, io)
  const { inputs, outputs } = readLedger(directory)
  let lacking = 0
  for (const [name, terms] of Object.entries(inputs)) {
    const { read, created, buffered, joined, filtered, dropped, held } = terms
    const parts = [`buffered ${buffered}`, `joined ${joined}`, ...reasons('filtered', filtered), ...reasons('dropped', dropped), `held ${held}`]
    const lack = inputImbalance(terms)
    print(io, `input ${name}`, `  read ${read} + created ${created} = ${parts.join(' + ')}${verdict(lack)}`)
    lacking += Math.abs(lack)
  }
  for (const [name, queued] of Object.entries(outputs)) {
    const terms = await complete(directory, name, queued)
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

/** Parked records, and those that the output keeps itself, wait and find their end beside the queue. */
async function complete(directory: string, name: string, queued: OutputTerms): Promise<OutputTerms> {
  const terms = structuredClone(queued)
  for (const beside of [await readParkingTerms(parkingFolder(directory, name)), await readStagingTerms(outputFolder(directory, name))]) {
    if (beside === undefined) continue
    addOutcome(terms, beside)
    terms.waiting += beside.waiting
  }
  return terms
}

function reasons(term: string, counts: Reasons): string[] {
  const entries = Object.entries(counts)
  return entries.length === 0 ? [`${term} 0`] : entries.map(([reason, records]) => `${term}(${reason}) ${records}`)
}

function verdict(lack: number): string {
  return lack === 0 ? '' : `  — does not balance, ${lack} records`
}
