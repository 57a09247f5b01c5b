/** Reads a text by the steps of a time format, over bytes and without allocation, and has what it says until the next one. */
import { AMERICAN, DAY_NAMES, MONTH_NAMES, ascii, days, isAlphanumeric, isDigit } from './calendar.ts'
import {
  A, B, C, D, E, G, G_LONG, H, I, J, M, MONTH, N, P, S, EPOCH, U, WEEKDAY, ISO_WEEKDAY, Y, Y_SHORT, Z, OFFSET
} from './conversions.ts'
import { BLANKS } from './format.ts'
import { zoneOffsets } from './zone-names.ts'

const DAY = 86_400

export class TextReader {
  /** Offset of the first byte that is not read yet. */
  at = 0
  // What the text says; -1 for what it does not, and months and days of the year count from 0.
  year = 0
  century = -1
  shortYear = -1
  month = -1
  day = -1
  yearDay = -1
  hour = 0
  minute = 0
  second = 0
  /** Seconds since 1970, from %s. */
  epoch = -1
  /** Seconds east of UTC. */
  zoneOffset = 0
  readonly #steps: Uint16Array
  #value = 0

  /** The steps are those of `compileFormat`. */
  constructor(steps: Uint16Array) {
    this.#steps = steps
  }

  /** Forgets what was read, for the text that begins at `start`. */
  begin(start: number): void {
    this.at = start
    this.year = 0
    this.century = this.shortYear = -1
    this.month = this.day = this.yearDay = -1
    this.hour = this.minute = this.second = 0
    this.epoch = -1
    this.zoneOffset = 0
  }

  /** Takes the steps from `from` to before `to`. Returns false where the text does not go on like that. */
  read(bytes: Uint8Array, end: number, from: number, to: number): boolean {
    for (let i = from; i < to; i++) {
      const one = this.#steps[i]!
      if (one === BLANKS) {
        this.#skipBlanks(bytes, end)
        continue
      }
      if (this.at >= end) return false
      if (one < BLANKS) {
        if (bytes[this.at] !== one) return false
        this.at++
      } else if (!this.#convert(one, bytes, end)) return false
    }
    return true
  }

  /** Reads the digits of a fraction as nanoseconds, those beyond the ninth not; -1 when there are none. */
  readFraction(bytes: Uint8Array, end: number): number {
    let at = this.at
    let nanos = 0
    let unit = 100_000_000
    while (at < end && unit >= 1) {
      const digit = bytes[at]! - 0x30
      if (digit < 0 || digit > 9) break
      nanos += digit * unit
      unit = unit === 1 ? 0 : unit / 10
      at++
    }
    if (at === this.at) return -1
    this.at = at
    return nanos
  }

  /** Seconds since 1970 of a clock on the wall that shows this in that year. */
  wall(year: number): number {
    return this.#date(year) * DAY + this.hour * 3600 + this.minute * 60 + this.second
  }

  /** The year with its century; of two digits, from 1969 to 2068. */
  fullYear(): number {
    const { year, century, shortYear } = this
    if (shortYear >= 0) return century >= 0 ? century * 100 + shortYear : shortYear + (shortYear <= 68 ? 2000 : 1900)
    return century >= 0 && year === 0 ? century * 100 : year
  }

  #date(year: number): number {
    if (this.yearDay >= 0 && this.month < 0) return days(year, 0, 1) + this.yearDay
    return days(year, Math.max(this.month, 0), this.day < 0 ? 1 : this.day)
  }

  #skipBlanks(bytes: Uint8Array, end: number): void {
    while (this.at < end && (bytes[this.at] === 0x20 || (bytes[this.at]! >= 9 && bytes[this.at]! <= 13))) this.at++
  }

  #convert(conversion: number, bytes: Uint8Array, end: number): boolean {
    switch (conversion) {
      case Y:
        if (!this.#number(bytes, end, 0, 9999)) return false
        this.year = this.#value
        this.shortYear = -1
        return true
      case MONTH:
        if (!this.#number(bytes, end, 1, 12)) return false
        this.month = this.#value - 1
        return true
      case E:
      case D:
        if (conversion === E && bytes[this.at] === 0x20) this.at++
        if (!this.#number(bytes, end, 1, 31)) return false
        this.day = this.#value
        return true
      case H:
      case I:
        if (!this.#number(bytes, end, conversion === I ? 1 : 0, conversion === I ? 12 : 23)) return false
        this.hour = this.#value
        return true
      case M:
        if (!this.#number(bytes, end, 0, 59)) return false
        this.minute = this.#value
        return true
      case S:
        if (!this.#number(bytes, end, 0, 60)) return false
        this.second = this.#value
        return true
      case B:
        this.month = this.#name(MONTH_NAMES, bytes, end)
        return this.month >= 0
      case A: return this.#name(DAY_NAMES, bytes, end) >= 0
      case OFFSET: return this.#readOffset(bytes, end)
      case Z: return this.#readZone(bytes, end)
      case P: return this.#readHalf(bytes, end)
      case EPOCH: return this.#readEpoch(bytes, end)
      case Y_SHORT:
        if (!this.#number(bytes, end, 0, 99)) return false
        this.shortYear = this.#value
        return true
      case C:
        if (!this.#number(bytes, end, 0, 99)) return false
        this.century = this.#value
        return true
      case J:
        if (!this.#number(bytes, end, 1, 366)) return false
        this.yearDay = this.#value - 1
        return true
      case U: return this.#number(bytes, end, 0, 53)
      case WEEKDAY: return this.#number(bytes, end, 0, 6)
      case ISO_WEEKDAY: return this.#number(bytes, end, 1, 7)
      case G: return this.#number(bytes, end, 0, 99)
      case G_LONG: return this.#number(bytes, end, 0, 9999)
      case N:
        this.#skipBlanks(bytes, end)
        return true
      default: return false
    }
  }

  /** A number between the bounds into #value; it takes no digit that would put it beyond the upper one. */
  #number(bytes: Uint8Array, end: number, least: number, most: number): boolean {
    let value = 0
    let room = most
    const start = this.at
    while (this.at < end && room > 0 && value * 10 <= most) {
      const digit = bytes[this.at]! - 0x30
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
      room = Math.floor(room / 10)
      this.at++
    }
    this.#value = value
    return this.at > start && value >= least && value <= most
  }

  /** Index of the name, full or its first three letters, in any case; -1 when there is none. */
  #name(names: readonly Buffer[], bytes: Uint8Array, end: number): number {
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!
      let length = 0
      while (length < name.length && this.at + length < end && (bytes[this.at + length]! | 0x20) === name[length]) length++
      if (length < 3) continue
      this.at += length === name.length ? length : 3
      return i
    }
    return -1
  }

  #readHalf(bytes: Uint8Array, end: number): boolean {
    if (this.at + 2 > end || (bytes[this.at + 1]! | 0x20) !== 0x6d || this.hour > 12) return false
    const half = bytes[this.at]! | 0x20
    if (half === 0x61) {
      if (this.hour === 12) this.hour = 0
    } else if (half === 0x70) {
      if (this.hour < 12) this.hour += 12
    } else return false
    this.at += 2
    return true
  }

  #readEpoch(bytes: Uint8Array, end: number): boolean {
    const start = this.at
    let value = 0
    while (this.at < end && isDigit(bytes[this.at]!) && this.at - start < 15) value = value * 10 + bytes[this.at++]! - 0x30
    if (this.at === start) return false
    this.epoch = value
    return true
  }

  #readOffset(bytes: Uint8Array, end: number): boolean {
    this.#skipBlanks(bytes, end)
    if (this.at >= end) return false
    const first = bytes[this.at]!
    if (first === 0x5a) {
      this.at++
      this.zoneOffset = 0
      return true
    }
    if (first !== 0x2b && first !== 0x2d) return this.#readOffsetName(bytes, end)
    let at = this.at + 1
    if (at + 2 > end || !isDigit(bytes[at]!) || !isDigit(bytes[at + 1]!)) return false
    let seconds = ((bytes[at]! - 0x30) * 10 + bytes[at + 1]! - 0x30) * 3600
    at += 2
    if (at < end && bytes[at] === 0x3a) at++
    if (at < end && isDigit(bytes[at]!)) {
      if (at + 1 >= end || !isDigit(bytes[at + 1]!)) return false
      seconds += ((bytes[at]! - 0x30) * 10 + bytes[at + 1]! - 0x30) * 60
      at += 2
    }
    this.at = at
    this.zoneOffset = first === 0x2d ? -seconds : seconds
    return true
  }

  #readOffsetName(bytes: Uint8Array, end: number): boolean {
    const text = ascii(bytes, this.at, Math.min(this.at + 3, end))
    if (text === 'GMT' || text === 'UTC' || text.startsWith('UT')) {
      this.at += text === 'GMT' || text === 'UTC' ? 3 : 2
      this.zoneOffset = 0
      return true
    }
    const name = text.toUpperCase()
    if (!AMERICAN.includes(name)) return false
    this.at += 3
    this.zoneOffset = zoneOffsets.get(name)!
    return true
  }

  #readZone(bytes: Uint8Array, end: number): boolean {
    let at = this.at
    while (at < end && at - this.at < 5 && isAlphanumeric(bytes[at]!)) at++
    const offset = zoneOffsets.get(ascii(bytes, this.at, at).toUpperCase())
    if (offset === undefined) return false
    this.at = at
    this.zoneOffset = offset
    return true
  }
}
