import { describe, expect, it } from 'vitest'
import { configurationSchema } from '../../src/config/json-schema.ts'
import { tables } from '../support/tables.ts'

describe('configurationSchema', () => {
  const schema = JSON.parse(JSON.stringify(configurationSchema(tables)))

  it('knows the sections and refuses others', () => {
    expect(Object.keys(schema.properties)).toEqual(['env', 'includes', 'service', 'parsers', 'multiline_parsers', 'pipeline'])
    expect(schema.additionalProperties).toBe(false)
  })

  it('decides by the name which options there are', () => {
    const tail = schema.properties.pipeline.properties.inputs.items.allOf[0]
    expect(tail.if).toEqual({ properties: { name: { const: 'tail' } } })
    expect(Object.keys(tail.then.properties)).toEqual(expect.arrayContaining(['name', 'path', 'tag', 'multiline.parser']))
    expect(tail.then.required).toEqual(['path'])
    expect(tail.then.patternProperties).toEqual({ '^parser_': { type: ['string', 'number', 'boolean'] } })
  })

  it('carries documentation, defaults and examples', () => {
    expect(schema.properties.service.properties.flush).toMatchObject({ default: '1s', examples: ['0.2'] })
    expect(schema.properties.service.properties.flush.description).toMatch(/\.$/)
  })
})
