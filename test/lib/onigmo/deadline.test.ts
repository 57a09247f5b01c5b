import { describe, expect, it } from 'vitest'
import { execWithin } from '../../../src/lib/onigmo/deadline.ts'

describe('execWithin', () => {
  it('gives what exec gives', () => {
    expect(execWithin(/(b+)/, 'abbc')?.[1]).toBe('bb')
    expect(execWithin(/x/, 'abbc')).toBeNull()
  })

  it('stops a pattern that takes too long, and goes on to work', () => {
    expect(execWithin(/^(?=a)(a+)+$/, 'a'.repeat(40) + '!')).toBeUndefined()
    expect(execWithin(/(b+)/, 'abbc')?.[1]).toBe('bb')
  })
})
