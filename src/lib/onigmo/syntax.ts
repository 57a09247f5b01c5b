/** What a pattern in Onigmo's Ruby syntax is made of, after parsing. Options (i, m, x) are resolved into the nodes. */

/** A set of characters; resolved to ranges for the alphabet at hand by `sets.ts`. */
export type SetNode =
  /** Code points as pairs: first, last, first, last … ascending. */
  | { readonly type: 'ranges'; readonly ranges: readonly number[] }
  /** A POSIX bracket or Unicode property by its canonical name. */
  | { readonly type: 'class'; readonly name: string }
  | { readonly type: 'not'; readonly of: SetNode }
  | { readonly type: 'or'; readonly of: readonly SetNode[] }
  | { readonly type: 'and'; readonly of: readonly SetNode[] }

export type Place = 'line-start' | 'line-end' | 'start' | 'end' | 'end-or-newline' | 'word' | 'not-word'

export type Node =
  | { readonly type: 'empty' }
  /** One character of the set; `fold`: in either case. */
  | { readonly type: 'set'; readonly set: SetNode; readonly fold: boolean }
  | { readonly type: 'seq'; readonly items: readonly Node[] }
  | { readonly type: 'alt'; readonly options: readonly Node[] }
  /** A capturing group; `index` counts from 1. */
  | { readonly type: 'group'; readonly index: number; readonly body: Node }
  | { readonly type: 'look'; readonly behind: boolean; readonly negative: boolean; readonly body: Node }
  | { readonly type: 'atomic'; readonly body: Node }
  | { readonly type: 'repeat'; readonly body: Node; readonly min: number; readonly max: number; readonly lazy: boolean }
  | { readonly type: 'at'; readonly place: Place }
  /** The text of the last of these groups that took part. */
  | { readonly type: 'back'; readonly groups: readonly number[]; readonly fold: boolean }

export interface Pattern {
  readonly root: Node
  /** Number of capturing groups. */
  readonly groups: number
  /** Names in the order in which they first appear, each with its groups. */
  readonly names: readonly GroupName[]
}

export interface GroupName {
  readonly name: string
  readonly groups: readonly number[]
}

/** A pattern that is wrong, or that cannot be translated exactly. `position` counts characters from 0. */
export class RegexError extends Error {
  readonly position: number

  constructor(reason: string, position: number) {
    super(`${reason} at character ${position + 1}`)
    this.position = position
  }
}

export const EMPTY: Node = { type: 'empty' }

/** Fewest characters that a node can take. */
export function leastWidth(node: Node): number {
  switch (node.type) {
    case 'set': return 1
    case 'seq': return node.items.reduce((sum, item) => sum + leastWidth(item), 0)
    case 'alt': return Math.min(...node.options.map(leastWidth))
    case 'group':
    case 'atomic': return leastWidth(node.body)
    case 'repeat': return node.min * leastWidth(node.body)
    default: return 0
  }
}
