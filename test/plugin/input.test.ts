import { expect, it } from 'vitest'
import { defineInput } from '../../src/plugin/input.ts'

it('a declaration comes back as it was made', () => {
  const input = { start: () => Promise.resolve(), stop: () => Promise.resolve() }
  const spec = { name: 'x', summary: 'Reads nothing.', options: {}, create: () => input }
  expect(defineInput(spec)).toBe(spec)
})
