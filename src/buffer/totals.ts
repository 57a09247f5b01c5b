/** Sums of ledger terms: of the frames of a log, or of all that an agent has seen. */
import {
  count, emptyInputTerms, emptyOutputTerms, type InputTerms, type OutputTerms, type Reasons
} from '../event/ledger.ts'
import type { Directory } from './frame.ts'

export class Totals {
  readonly inputs = new Map<string, InputTerms>()
  /** What became of records that lay in memory only, by output. */
  readonly delivered = new Map<string, OutputTerms>()

  /** Adds what a frame says. */
  apply(directory: Directory): void {
    for (const name in directory.ledger) addInputTerms(this.input(name), directory.ledger[name]!)
    for (const name in directory.delivered) addOutputTerms(this.output(name), directory.delivered[name]!)
  }

  input(name: string): InputTerms {
    let terms = this.inputs.get(name)
    if (terms === undefined) this.inputs.set(name, (terms = emptyInputTerms()))
    return terms
  }

  output(name: string): OutputTerms {
    let terms = this.delivered.get(name)
    if (terms === undefined) this.delivered.set(name, (terms = emptyOutputTerms()))
    return terms
  }

  get isEmpty(): boolean {
    return this.inputs.size === 0 && this.delivered.size === 0
  }

  /** The part of a directory that carries these sums. */
  directoryPart(): Pick<Directory, 'ledger' | 'delivered'> {
    return { ledger: Object.fromEntries(this.inputs), delivered: Object.fromEntries(this.delivered) }
  }
}

/** `held` is a level, not a sum: it stays out. */
export function addInputTerms(into: InputTerms, from: InputTerms): void {
  into.read += from.read
  into.created += from.created
  into.buffered += from.buffered
  into.joined += from.joined
  addReasons(into.filtered, from.filtered)
  addReasons(into.dropped, from.dropped)
}

/** Adds all but `routed` and `waiting`, which the buffer knows itself. */
export function addOutcome(into: OutputTerms, from: OutputTerms): void {
  into.delivered += from.delivered
  into.dead_lettered += from.dead_lettered
  into.fallback += from.fallback
  into.repeated += from.repeated
  addReasons(into.filtered, from.filtered)
  addReasons(into.dropped, from.dropped)
}

export function addOutputTerms(into: OutputTerms, from: OutputTerms): void {
  into.routed += from.routed
  addOutcome(into, from)
}

export function copyInputTerms(terms: InputTerms): InputTerms {
  return { ...terms, filtered: { ...terms.filtered }, dropped: { ...terms.dropped }, held: 0 }
}

function addReasons(into: Reasons, from: Reasons): void {
  for (const reason in from) count(into, reason, from[reason]!)
}
