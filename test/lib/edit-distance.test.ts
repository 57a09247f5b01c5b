import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editDistance, nearest } from '../../src/lib/edit-distance.ts'

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['kitten', 'sitting', 3],
    ['flsh', 'flush', 1],
    ['taerdown', 'teardown', 1]
  ])('of %j and %j is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
  })

  it('is symmetric, 0 only for equal texts, and at most the longer length', () => {
    fc.assert(fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const distance = editDistance(a, b)
      expect(distance).toBe(editDistance(b, a))
      expect(distance === 0).toBe(a === b)
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length))
    }))
  })
})

describe('nearest', () => {
  it('finds what was meant, whatever the case, dashes and underscores', () => {
    expect(nearest('Refresh-Intervall', ['path', 'refresh_interval', 'rotate_wait'])).toBe('refresh_interval')
  })

  it('finds nothing where nothing is near', () => {
    expect(nearest('zebra', ['path', 'parser'])).toBeUndefined()
  })
})
