import { describe, expect, it } from 'vitest'
import { print, table } from '../../src/cli/io.ts'
import { testIo } from '../support/io.ts'

describe('print', () => {
  it('writes whole lines', () => {
    const io = testIo()
    print(io, 'a', '', 'b')
    print(io)
    expect(io.written.out).toBe('a\n\nb\n')
  })
})

describe('table', () => {
  it('aligns columns', () => {
    expect(table([['a', 'x'], ['bbb', 'y']])).toEqual(['  a    x', '  bbb  y'])
  })
})
