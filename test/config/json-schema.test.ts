import { describe, expect, it } from 'vitest'
import { configurationSchema } from '../../src/config/json-schema.ts'
import { tables } from '../support/tables.ts'

describe('configurationSchema', () => {
  const schema: unknown = JSON.parse(JSON.stringify(configurationSchema(tables)))
  const at = (...way: readonly (string | number)[]): unknown => way.reduce((part, key) => (part as Record<string | number, unknown>)[key], schema)

  it('knows the sections and refuses others', () => {
    expect(Object.keys(at('properties') as object)).toEqual(['env', 'includes', 'service', 'parsers', 'multiline_parsers', 'pipeline'])
    expect(at('additionalProperties')).toBe(false)
  })

  it('decides by the name which options there are', () => {
    const tail = ['properties', 'pipeline', 'properties', 'inputs', 'items', 'allOf', 0] as const
    expect(at(...tail, 'if')).toEqual({ properties: { name: { const: 'tail' } } })
    expect(Object.keys(at(...tail, 'then', 'properties') as object)).toEqual(expect.arrayContaining(['name', 'path', 'tag', 'multiline.parser']))
    expect(at(...tail, 'then', 'required')).toEqual(['path'])
    expect(at(...tail, 'then', 'patternProperties')).toEqual({ '^parser_': { type: ['string', 'number', 'boolean'] } })
  })

  it('carries documentation, defaults and examples', () => {
    expect(at('properties', 'service', 'properties', 'flush')).toMatchObject({ default: '1s', examples: ['0.2'] })
    expect(at('properties', 'service', 'properties', 'flush', 'description')).toMatch(/\.$/)
  })
})
