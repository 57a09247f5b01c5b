import { describe, expect, it } from 'vitest'
import { defaultOf, parseValue } from '../../../src/config/values.ts'
import { options } from '../../../src/inputs/tail/options.ts'
import type { Field } from '../../../src/config/fields.ts'

const fields: readonly (readonly [string, Field])[] = Object.entries(options)

describe('the options of tail', () => {
  it('accept their own examples', () => {
    const refused = fields.filter(([, field]) => field.example !== undefined && !parseValue(field, field.example).ok)
    expect(refused.map(([name]) => name)).toEqual([])
  })

  it('leave out no line of a followed file by default', () => {
    expect([options.path.required, options.read_newly_discovered_files_from_head.default]).toEqual([true, true])
    for (const name of ['skip_long_lines', 'truncate_long_lines', 'ignore_active_older_files', 'exit_on_eof'] as const) {
      expect([name, defaultOf(options[name])]).toEqual([name, false])
    }
    expect(defaultOf(options.ignore_older)).toBe(0)
  })

  it('read durations as milliseconds and a list of paths by its commas', () => {
    expect(parseValue(options.rotate_wait, '30')).toEqual({ ok: true, value: 30_000 })
    expect(parseValue(options.watcher_interval, '200ms')).toEqual({ ok: true, value: 200 })
    expect(parseValue(options.path, '/a/*.log, /b/*.log')).toEqual({ ok: true, value: ['/a/*.log', '/b/*.log'] })
  })

  it('refuse an encoding that nothing decodes', () => {
    expect(parseValue(options['unicode.encoding'], 'utf-16le')).toEqual({ ok: true, value: 'UTF-16LE' })
    expect(parseValue(options['unicode.encoding'], 'UTF-32').ok).toBe(false)
    expect(parseValue(options['generic.encoding'], 'KOI8-R').ok).toBe(false)
  })
})
