import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { testIo } from '../support/io.ts'

describe('fantail schema', () => {
  it('prints a JSON Schema with the plugins there are', async () => {
    const io = testIo()
    expect(await main(['schema'], io)).toBe(0)
    const schema = JSON.parse(io.written.out) as { properties: { pipeline: { properties: { inputs: { items: { properties: { name: unknown } } } } } } }
    expect(schema.properties.pipeline.properties.inputs.items.properties.name).toEqual({ enum: expect.arrayContaining(['tail']) as unknown })
  })
})
