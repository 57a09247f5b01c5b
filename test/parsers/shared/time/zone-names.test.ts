import { expect, it } from 'vitest'
import { AMERICAN } from '../../../../src/parsers/shared/time/calendar.ts'
import { zoneOffsets } from '../../../../src/parsers/shared/time/zone-names.ts'

/** Seconds east of UTC, as Intl has it. */
function intlOffset(zone: string, month: number): number {
  const at = Date.UTC(2026, month, 15)
  const text = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }).format(at)
  return (Date.parse(`${text.replace(' ', 'T')}Z`) - at) / 1000
}

it.each([
  ['EST', 'America/New_York', 0], ['EDT', 'America/New_York', 6], ['PST', 'America/Los_Angeles', 0], ['PDT', 'America/Los_Angeles', 6],
  ['NST', 'America/St_Johns', 0], ['NDT', 'America/St_Johns', 6], ['CET', 'Europe/Berlin', 0], ['CEST', 'Europe/Berlin', 6],
  ['EET', 'Europe/Helsinki', 0], ['MSK', 'Europe/Moscow', 0], ['IST', 'Asia/Kolkata', 0], ['NPT', 'Asia/Kathmandu', 0],
  ['JST', 'Asia/Tokyo', 0], ['ACST', 'Australia/Adelaide', 6], ['ACDT', 'Australia/Adelaide', 0], ['AEST', 'Australia/Sydney', 6]
])('%s is what %s shows in month %i', (abbreviation, zone, month) => {
  expect(zoneOffsets.get(abbreviation)).toBe(intlOffset(zone, month))
})

it('has the letters of the armed forces, but not J, which is wherever one is', () => {
  expect(['A', 'I', 'K', 'M', 'N', 'Y', 'Z'].map((letter) => zoneOffsets.get(letter)! / 3600)).toEqual([1, 9, 10, 12, -1, -12, 0])
  expect(zoneOffsets.has('J')).toBe(false)
})

it('has upper case alone, quarters of hours within a day, and every zone that %z knows by name', () => {
  for (const [abbreviation, offset] of zoneOffsets) {
    expect(abbreviation).toMatch(/^[A-Z]{1,5}$/)
    expect(Math.abs(offset % 900)).toBe(0)
    expect(Math.abs(offset)).toBeLessThanOrEqual(13 * 3600)
  }
  expect(AMERICAN.filter((name) => !zoneOffsets.has(name))).toEqual([])
})
