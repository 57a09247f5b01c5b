import type { Ledger, Term } from './agent.ts'

/** All of a term: a count, or the sum of its counts by filter or reason. */
export function total (term: Term | undefined): number {
  if (term === undefined) return 0
  return typeof term === 'number' ? term : Object.values(term).reduce((sum, count) => sum + count, 0)
}

/** One sentence for each of the two equations that does not balance; none when nothing vanished uncounted. */
export function imbalances (ledger: Ledger): string[] {
  const problems: string[] = []
  const check = (name: string, terms: Readonly<Record<string, Term>>, left: readonly string[], right: readonly string[]): void => {
    const sum = (names: readonly string[]): number => names.reduce((count, term) => count + total(terms[term]), 0)
    if (sum(left) === sum(right)) return
    const spell = (names: readonly string[]): string => names.map((term) => `${term} ${total(terms[term])}`).join(' + ')
    problems.push(`${name}: ${spell(left)} is not ${spell(right)}`)
  }
  for (const [name, terms] of Object.entries(ledger.inputs)) {
    check(name, terms, ['read', 'created'], ['buffered', 'joined', 'filtered', 'dropped', 'held'])
  }
  for (const [name, terms] of Object.entries(ledger.outputs)) {
    check(name, terms, ['routed'], ['delivered', 'filtered', 'dead_lettered', 'dropped', 'fallback', 'waiting'])
  }
  return problems
}
