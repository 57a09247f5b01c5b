/**
 * Counts the insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (Damerau-Levenshtein,
 * restricted).
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let cost = Math.min(at(above, column) + 1, at(current, column - 1) + 1, at(above, column - 1) + (same ? 0 : 1))
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, at(before, column - 2) + 1)
      }
      current.push(cost)
    }
    before = above
    above = current
  }
  return at(above, b.length)
}

/**
 * Finds the known word that `word` was probably meant to be, compared without case, `-` and `_`; undefined when none is
 * near (a third of its length away, at least one letter).
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const plain = simplify(word)
  let best: string | undefined
  let least = Math.max(1, Math.floor(plain.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(plain, simplify(candidate))
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return best
}

function simplify(word: string): string {
  return word.toLowerCase().replace(/[-_]/g, '')
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity
}
