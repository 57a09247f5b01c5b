import { describe, expect, it } from 'vitest'
import { fluentBitNames, replacements } from '../../src/config/fluent-bit-names.ts'

describe('the names of Fluent Bit\'s plugins', () => {
  it.each(Object.entries(fluentBitNames))('of kind %s stand once each, in lower case and order', (_, names) => {
    expect(new Set(names).size).toBe(names.length)
    expect(names.map((name) => name.toLowerCase())).toEqual(names)
  })

  it('are all that is replaced', () => {
    const all = Object.values(fluentBitNames).flat()
    expect(Object.keys(replacements).filter((name) => !all.includes(name))).toEqual([])
  })
})
