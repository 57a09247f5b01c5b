import { describe, expect, test } from 'vitest'
import { Pool } from '../../src/event/pool.ts'
import { ARENA, BLOCK, POOL, Sources } from '../../src/event/sources.ts'

describe('the buffers of a record', () => {
  test('keep what was added when the arena grows', () => {
    const sources = new Sources(new Pool())
    const first = sources.addText('ünïcödé')
    const end = sources.arenaLength
    const long = Buffer.alloc(200_000, 'x')
    const second = sources.addBytes(long, 10, 190_000)
    expect(sources.bytes[ARENA].toString('utf8', first, end)).toBe('ünïcödé')
    expect(sources.bytes[ARENA].subarray(second, sources.arenaLength).equals(long.subarray(10, 190_000))).toBe(true)
  })

  test('take text up to where it was used, and begin anew', () => {
    const sources = new Sources(new Pool())
    const at = sources.reserve(10)
    sources.bytes[ARENA].write('abc', at)
    sources.used(at + 3)
    expect(sources.addText('d')).toBe(3)
    sources.used(0)
    expect(sources.addText('e')).toBe(0)
  })

  test('see keys that the pool was given after it had grown, from the next block on', () => {
    const pool = new Pool()
    const sources = new Sources(pool)
    const keys = Array.from({ length: 2000 }, (_, i) => pool.key(`a key of some length ${i}`))
    const block = Buffer.from('line')
    sources.useBlock(block)
    const last = keys.at(-1)!
    expect(sources.bytes[POOL].toString('utf8', last.start, last.end)).toBe(last.text)
    expect(sources.bytes[BLOCK]).toBe(block)
  })
})
