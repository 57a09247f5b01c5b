/** Names of months, days and zones as bytes, and the count of days. */

const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december']
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
export const MONTH_NAMES = MONTHS.map((name) => Buffer.from(name))
export const DAY_NAMES = DAYS.map((name) => Buffer.from(name))
/** Zones that `%z` knows by name. */
export const AMERICAN = ['EST', 'CST', 'MST', 'PST', 'EDT', 'CDT', 'MDT', 'PDT']
/** Days since 1970-01-01 in the Gregorian calendar; a day beyond the month's end is in the next one. `month` from 0. */
export function days(year: number, month: number, day: number): number {
  // Years begin in March, so that the leap day is the last one.
  const shifted = month < 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const ofEra = shifted - era * 400
  const ofYear = Math.floor((153 * (month < 2 ? month + 10 : month - 2) + 2) / 5) + day - 1
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468
}

export function isAlphanumeric(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)
}

export function ascii(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end))
}

export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}
