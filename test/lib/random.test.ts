import { describe, expect, it } from 'vitest'
import { randomBytes } from '../../src/lib/random.ts'

describe('random bytes', () => {
  it('are as many as asked for and differ each time', () => {
    const drawn = Array.from({ length: 1000 }, () => randomBytes(8).toString('hex'))
    expect(drawn.every((text) => text.length === 16)).toBe(true)
    expect(new Set(drawn).size).toBe(1000)
  })

  it('take every value', () => {
    expect(new Set(randomBytes(20_000)).size).toBe(256)
  })
})
