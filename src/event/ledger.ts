/**
 * The ledger: where every record went. Counters only rise; `held` and `waiting` are levels.
 *
 * Input:  read + created = buffered + joined + filtered + dropped + held
 * Output: routed = delivered + filtered + dead_lettered + dropped + fallback + waiting      (repeats are counted beside it)
 */
export interface Reasons {
  [reason: string]: number
}

/** Terms of one input, in records (a line is one). */
export interface InputTerms {
  /** Lines or entries taken from the source. */
  read: number
  /** Records that filters made (rewrite_tag and the like). */
  created: number
  /** Records that went into frames for at least one output. */
  buffered: number
  /** Lines that became part of another line's record. */
  joined: number
  /** Records that a filter took out, by the filter's name. */
  filtered: Reasons
  /** Records given up, by reason (`no route`, `rotated_away`, …). */
  dropped: Reasons
  /** Lines that wait in a joiner now. Not part of a frame: read again after a restart. */
  held: number
}

export interface OutputTerms {
  routed: number
  delivered: number
  filtered: Reasons
  dead_lettered: number
  dropped: Reasons
  /** Records that its fallback took instead; they are routed there, too. */
  fallback: number
  waiting: number
  /** Records sent again after an attempt whose outcome is not known. */
  repeated: number
}

export function emptyInputTerms(): InputTerms {
  return { read: 0, created: 0, buffered: 0, joined: 0, filtered: {}, dropped: {}, held: 0 }
}

export function emptyOutputTerms(): OutputTerms {
  return { routed: 0, delivered: 0, filtered: {}, dead_lettered: 0, dropped: {}, fallback: 0, waiting: 0, repeated: 0 }
}

/** Adds `amount` under `reason`. */
export function count(reasons: Reasons, reason: string, amount: number): void {
  reasons[reason] = (reasons[reason] ?? 0) + amount
}

export function sum(reasons: Reasons): number {
  let total = 0
  for (const reason in reasons) total += reasons[reason]!
  return total
}

/** What the input equation lacks; 0 when the ledger balances. */
export function inputImbalance(t: InputTerms): number {
  return t.read + t.created - t.buffered - t.joined - sum(t.filtered) - sum(t.dropped) - t.held
}

/** What the output equation lacks; 0 when the ledger balances. */
export function outputImbalance(t: OutputTerms): number {
  return t.routed - t.delivered - sum(t.filtered) - t.dead_lettered - sum(t.dropped) - t.fallback - t.waiting
}
