/** Questions about parsed patterns that the generator of matchers asks. */
import { BMP, UNICODE, complement, overlap, resolve } from './sets.ts'
import type { Node, Place } from './syntax.ts'

/**
 * In the sets of what may follow: any character beyond ASCII, and the end of the pattern, where a match is complete
 * without another character.
 */
export const WIDE = 128
const DONE = 129
export const END: readonly number[] = [DONE, DONE]

export function union(a: readonly number[], b: readonly number[]): number[] {
  return complement(overlapping(complement(a, DONE), complement(b, DONE)), DONE)
}

/** A set that another character must be of; null when the match may be complete without one. */
export function decisive(set: readonly number[] | null): readonly number[] | null {
  return set === null || overlap(set, END) ? null : set
}

/** What two sets have in common. */
export function overlapping(a: readonly number[], b: readonly number[]): number[] {
  const common: number[] = []
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const first = Math.max(a[i]!, b[j]!)
    const last = Math.min(a[i + 1]!, b[j + 1]!)
    if (first <= last) common.push(first, last)
    if (a[i + 1]! < b[j + 1]!) i += 2
    else j += 2
  }
  return common
}

/** Whether the set has characters beyond ASCII. */
export function wide({ set, fold }: Extract<Node, { type: 'set' }>): boolean {
  const ranges = resolve(set, fold, BMP)
  return ranges.length > 0 && ranges[ranges.length - 1]! >= 128
}

/** Whether the set has all characters beyond ASCII. */
export function hasAllWide({ set, fold }: Extract<Node, { type: 'set' }>): boolean {
  return overlap(resolve({ type: 'not', of: set }, fold, UNICODE), [0x80, UNICODE]) === false
}

/** The anchor that a pattern begins with. */
export function leading(node: Node): Place | undefined {
  if (node.type === 'at') return node.place === 'line-start' || node.place === 'start' ? node.place : undefined
  if (node.type === 'seq') return leading(node.items[0]!)
  if (node.type === 'group' || node.type === 'atomic') return leading(node.body)
  return undefined
}

export function groupsOf(node: Node): number[] {
  switch (node.type) {
    case 'group': return [node.index, ...groupsOf(node.body)]
    case 'seq': return node.items.flatMap(groupsOf)
    case 'alt': return node.options.flatMap(groupsOf)
    case 'repeat':
    case 'atomic':
    case 'look': return groupsOf(node.body)
    default: return []
  }
}

export function fixedWidth(node: Node): number | undefined {
  switch (node.type) {
    case 'set': return 1
    case 'empty':
    case 'at':
    case 'look': return 0
    case 'seq': return node.items.reduce<number | undefined>((sum, item) => {
      const width = fixedWidth(item)
      return sum === undefined || width === undefined ? undefined : sum + width
    }, 0)
    case 'alt': {
      const widths = new Set(node.options.map(fixedWidth))
      return widths.size === 1 ? [...widths][0] : undefined
    }
    case 'group':
    case 'atomic': return fixedWidth(node.body)
    case 'repeat': {
      const width = fixedWidth(node.body)
      return width !== undefined && node.min === node.max ? width * node.min : undefined
    }
    case 'back': return undefined
  }
}
