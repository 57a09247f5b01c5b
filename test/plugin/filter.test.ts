import { expect, it } from 'vitest'
import { DROP, KEEP, defineFilter } from '../../src/plugin/filter.ts'

it('a declaration comes back as it was made, and keep is not drop', () => {
  const spec = { name: 'x', summary: 'Does nothing.', options: {}, create: () => ({ forTag: () => () => KEEP }) }
  expect(defineFilter(spec)).toBe(spec)
  expect([KEEP, DROP]).toEqual([true, false])
})
