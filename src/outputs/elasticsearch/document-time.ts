/** The value of `time_key`: a date, a fraction of a second and `Z`, without a string per record. */
import { DateWriter, writeDigits } from '../../lib/digits.ts'
import { copyRun } from '../../event/encoded.ts'
import type { DateFormat } from '../../lib/strftime.ts'

export class DocumentTime {
  readonly #date = new DateWriter('T')
  readonly #format: DateFormat | undefined
  readonly #digits: 3 | 9
  #second = -1
  #text = Buffer.alloc(0)

  /** `format` undefined: the usual date. */
  constructor(format: DateFormat | undefined, digits: 3 | 9) {
    this.#format = format
    this.#digits = digits
  }

  /** The most bytes `write` writes. */
  get room(): number {
    return (this.#format === undefined ? 20 : this.#format.format(0).length * 2 + 64) + this.#digits + 2
  }

  write(seconds: number, nanos: number, out: Buffer, at: number): number {
    if (this.#format === undefined) at = this.#date.write(seconds, out, at)
    else {
      if (seconds !== this.#second) {
        this.#second = seconds
        this.#text = Buffer.from(JSON.stringify(this.#format.format(seconds, nanos)).slice(1, -1))
      }
      at = copyRun(this.#text, 0, this.#text.length, out, at)
    }
    out[at++] = 0x2e
    at = this.#digits === 3 ? writeDigits(Math.floor(nanos / 1e6), 3, out, at) : writeDigits(nanos, 9, out, at)
    out[at++] = 0x5a
    return at
  }
}
