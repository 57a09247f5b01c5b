/** The time of a record as its parser finds it: which key holds it, how it is read, whether it stays. */
import type { Key, Pool } from '../../event/pool.ts'
import type { ParserDefinition } from './definition.ts'
import { TimeParser } from './time.ts'

export interface TimeField {
  readonly key: Key
  readonly keep: boolean
  readonly parser: TimeParser
}

/** The time field of a definition; undefined without a time format. Throws Error with what is wrong. */
export function createTimeField(definition: ParserDefinition, pool: Pool): TimeField | undefined {
  const { time_format: format, time_zone: zone, time_offset: offset } = definition
  if (!format) {
    if (zone) throw new Error('time_zone needs time_format')
    return undefined
  }
  if (zone && definition.time_system_timezone) throw new Error('time_zone and time_system_timezone exclude each other')
  if (zone && offset) throw new Error('time_zone and time_offset exclude each other')
  const parser = new TimeParser(format, {
    lenient: definition.time_strict === false,
    offset: offset || undefined,
    zone: definition.time_system_timezone ? 'system' : zone || undefined
  })
  return { key: pool.key(definition.time_key || 'time'), keep: definition.time_keep ?? false, parser }
}
