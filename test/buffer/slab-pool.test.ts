import { describe, expect, it } from 'vitest'
import { SLAB_SIZE, SlabPool } from '../../src/buffer/slab-pool.ts'

describe('SlabPool', () => {
  it('gives out again what it was given, a few at most, and only its own size', () => {
    const pool = new SlabPool()
    const slabs = Array.from({ length: 12 }, () => pool.take())
    expect(new Set(slabs).size).toBe(12)
    pool.give(Buffer.alloc(SLAB_SIZE * 2))
    for (const slab of slabs) pool.give(slab)
    const again = Array.from({ length: 12 }, () => pool.take())
    expect(again.filter((slab) => slabs.includes(slab))).toHaveLength(10)
    expect(again.every((slab) => slab.length === SLAB_SIZE)).toBe(true)
  })
})
