/** Offsets of an IANA time zone, from Intl. Zones change at multiples of 15 minutes, so one answer serves that long. */

const QUARTER = 900

export class TimeZone {
  readonly #format: Intl.DateTimeFormat
  #quarter = NaN
  #utc = 0

  /** Throws RangeError for a name that is no zone. */
  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit',
      hour: '2-digit', minute: '2-digit', second: '2-digit', era: 'short'
    })
  }

  /**
   * Unix time of a wall clock, given as the Unix time that it would be in UTC. Of an hour that the clock shows twice the
   * first one; in an hour that it skips, as if it had not been put forward yet.
   */
  toUtc(wall: number): number {
    const quarter = Math.floor(wall / QUARTER)
    if (quarter !== this.#quarter) {
      const at = quarter * QUARTER
      // A day before there was the offset from which the clock may have changed.
      const before = this.offset(at - 86_400)
      const after = this.offset(at + 86_400)
      const offset = before === after || this.offset(at - before) === before
        ? before
        : this.offset(at - after) === after ? after : before
      this.#quarter = quarter
      this.#utc = offset
    }
    return wall - this.#utc
  }

  /** Seconds east of UTC at a Unix time. */
  offset(seconds: number): number {
    const at = Math.floor(seconds / 60) * 60
    const parts: { [type: string]: number } = {}
    for (const { type, value } of this.#format.formatToParts(at * 1000)) parts[type] = Number(value)
    const wall = Date.UTC(parts['year']!, parts['month']! - 1, parts['day'], parts['hour'], parts['minute'], parts['second'])
    return wall / 1000 - at
  }
}
