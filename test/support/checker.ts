/** Keeps account of numbered lines as they arrive: what is missing, what came twice, what came out of order. */

const mark = /([a-z][\w-]*) (\d+) x/

interface Stream {
  /** How often each number came. */
  counts: Uint16Array
  /** When each number came first, in ms since the checker was made. */
  first: Uint32Array
  seen: number
  highest: number
  disordered: number
  firstDisordered: string
}

export interface Repeat {
  readonly stream: string
  readonly number: number
  /** When it first came and when again, in ms since the checker was made. */
  readonly first: number
  readonly again: number
}

export class Checker {
  readonly streams = new Map<string, Stream>()
  /** The first 100,000 repeats. */
  readonly repeats: Repeat[] = []
  repeated = 0
  readonly #start = Date.now()

  /** Milliseconds since the checker was made. */
  get now (): number {
    return Date.now() - this.#start
  }

  /** Takes one delivered record, as text; returns whether it held a numbered line. */
  take (text: string): boolean {
    const match = mark.exec(text)
    if (match === null) return false
    this.see(match[1] ?? '', Number(match[2]))
    return true
  }

  see (name: string, number: number): void {
    let stream = this.streams.get(name)
    if (stream === undefined) {
      stream = { counts: new Uint16Array(1024), first: new Uint32Array(1024), seen: 0, highest: -1, disordered: 0, firstDisordered: '' }
      this.streams.set(name, stream)
    }
    if (number >= stream.counts.length) {
      const size = Math.max(stream.counts.length * 2, number + 1)
      const [counts, first] = [new Uint16Array(size), new Uint32Array(size)]
      counts.set(stream.counts)
      first.set(stream.first)
      Object.assign(stream, { counts, first })
    }
    const count = (stream.counts[number] ?? 0) + 1
    stream.counts[number] = count
    if (count > 1) {
      this.repeated++
      if (this.repeats.length < 100_000) this.repeats.push({ stream: name, number, first: stream.first[number] ?? 0, again: this.now })
      return
    }
    stream.first[number] = this.now
    stream.seen++
    if (number > stream.highest) stream.highest = number
    else if (stream.disordered++ === 0) stream.firstDisordered = `${number} first came after ${stream.highest}`
  }

  /** How many different lines of `name` came. */
  seen (name: string): number {
    return this.streams.get(name)?.seen ?? 0
  }

  get total (): number {
    return [...this.streams.values()].reduce((sum, { seen }) => sum + seen, 0)
  }

  /** One sentence for each writer some of whose lines never came. */
  missing (writers: Iterable<{ readonly name: string, readonly count: number }>): string[] {
    const problems: string[] = []
    for (const { name, count } of writers) {
      const lost: number[] = []
      const counts = this.streams.get(name)?.counts
      for (let i = 0; i < count; i++) if ((counts?.[i] ?? 0) === 0) lost.push(i)
      if (lost.length > 0) problems.push(`${name}: ${lost.length} of ${count} lost: ${ranges(lost)}`)
    }
    return problems
  }

  /** One sentence for each stream whose first occurrences were out of order. */
  disorder (): string[] {
    return [...this.streams].filter(([, { disordered }]) => disordered > 0)
      .map(([name, { disordered, firstDisordered }]) => `${name}: ${disordered} out of order, first: ${firstDisordered}`)
  }

  /** Repeats of lines that first came earlier than `window` ms before every one of `kills` (ms as in `now`) until the repeat. */
  unexplained (kills: readonly number[], window: number): Repeat[] {
    return this.repeats.filter(({ first, again }) => !kills.some((kill) => kill <= again + 50 && first >= kill - window && first <= kill + 50))
  }
}

function ranges (numbers: readonly number[]): string {
  const parts: string[] = []
  for (let i = 0; i < numbers.length && parts.length < 10;) {
    let end = i
    while (numbers[end + 1] === (numbers[end] ?? 0) + 1) end++
    parts.push(end === i ? `${numbers[i]}` : `${numbers[i]}–${numbers[end]}`)
    i = end + 1
    if (i < numbers.length && parts.length === 10) parts.push('…')
  }
  return parts.join(', ')
}
