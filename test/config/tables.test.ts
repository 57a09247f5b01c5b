import { describe, expect, it } from 'vitest'
import type { Tables } from '../../src/config/tables.ts'
import { tables } from '../support/tables.ts'

describe('tables', () => {
  it('take plugins whatever their options are', () => {
    const all: Tables = tables
    expect(Object.keys(all.inputs)).toContain('tail')
    expect(all.regexFault('(')).toBeDefined()
  })
})
