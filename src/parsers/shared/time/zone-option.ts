/** What time_offset and time_zone say. */
import { TimeFormatError } from './format.ts'
import { TimeZone } from './time-zone.ts'

export function fixedOffset(text: string): number {
  if (text.startsWith('Z')) return 0
  const parts = /^([+-])(\d\d):?(\d\d)$/.exec(text)
  if (!parts || Number(parts[2]) > 59 || Number(parts[3]) > 59) throw new TimeFormatError(`time_offset must be like +0200, not ${text}`)
  const seconds = Number(parts[2]) * 3600 + Number(parts[3]) * 60
  return parts[1] === '-' ? -seconds : seconds
}

export function namedZone(name: string): TimeZone {
  try {
    return new TimeZone(name === 'system' ? Intl.DateTimeFormat().resolvedOptions().timeZone : name)
  } catch {
    throw new TimeFormatError(`there is no time zone ${name}`)
  }
}
