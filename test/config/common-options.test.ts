import { describe, expect, it } from 'vitest'
import { filterOptions, inputOptions, networkOptions, outputOptions } from '../../src/config/common-options.ts'
import type { Fields } from '../../src/config/fields.ts'
import { parseValue } from '../../src/config/values.ts'

const sets: Readonly<Record<string, Fields>> = { inputOptions, filterOptions, outputOptions, networkOptions }

describe.each(Object.entries(sets))('%s', (_, fields) => {
  it('have a sentence each, and an example that is right where they have an effect', () => {
    for (const [name, field] of Object.entries(fields)) {
      expect(field.doc, name).toMatch(/^[A-Z].*\.$/)
      if (field.withoutEffect !== undefined || field.kind === 'any') continue
      expect(field.example, name).toBeDefined()
      expect(parseValue(field, field.example ?? '').ok, name).toBe(true)
    }
  })

  it('have names in lower case', () => {
    expect(Object.keys(fields).filter((name) => name !== name.toLowerCase())).toEqual([])
  })
})
