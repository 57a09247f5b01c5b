/** Numbers and dates as ASCII digits, written into bytes without making a string. */
const ZERO = 0x30
const DAY = 86_400

/** Writes a whole number below 2^53 with at least `width` digits, zeros in front. Returns the offset behind it. */
export function writeDigits(value: number, width: number, out: Uint8Array, at: number): number {
  let length = width > 0 ? width : 1
  for (let limit = 10 ** length; limit <= value; limit *= 10) length++
  const end = at + length
  // a division of doubles is exact enough below 2^53 only through Math.floor; above 32 bits there are few steps
  let rest = value
  let p = end
  while (rest > 0xffff_ffff) {
    const tenth = Math.floor(rest / 10)
    out[--p] = ZERO + (rest - tenth * 10)
    rest = tenth
  }
  let small = rest >>> 0
  while (p > at) {
    const tenth = (small / 10) >>> 0
    out[--p] = ZERO + (small - tenth * 10)
    small = tenth
  }
  return end
}

/** Writes `YYYY-MM-DD`, a separator and `HH:MM:SS` (19 bytes, UTC). The day is worked out only when it changes. */
export class DateWriter {
  readonly #separator: number
  readonly #day = Buffer.alloc(10)
  #dayStart = -1

  constructor(separator: string) {
    this.#separator = separator.charCodeAt(0)
  }

  write(seconds: number, out: Uint8Array, at: number): number {
    let rest = seconds - this.#dayStart
    if (this.#dayStart < 0 || rest < 0 || rest >= DAY) {
      rest = seconds % DAY
      this.#dayStart = seconds - rest
      this.#day.write(new Date(this.#dayStart * 1000).toISOString(), 0, 10, 'latin1')
    }
    const day = this.#day
    for (let i = 0; i < 10; i++) out[at + i] = day[i]!
    out[at + 10] = this.#separator
    const hours = (rest / 3600) >>> 0
    const minutes = ((rest / 60) >>> 0) - hours * 60
    two(hours, out, at + 11)
    out[at + 13] = 0x3a
    two(minutes, out, at + 14)
    out[at + 16] = 0x3a
    two(rest - hours * 3600 - minutes * 60, out, at + 17)
    return at + 19
  }
}

function two(value: number, out: Uint8Array, at: number): void {
  const tens = (value / 10) >>> 0
  out[at] = ZERO + tens
  out[at + 1] = ZERO + value - tens * 10
}
