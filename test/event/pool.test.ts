import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Pool, keyHash } from '../../src/event/pool.ts'

describe('the pool', () => {
  test('gives the same key for the same text, and its JSON-escaped bytes', () => {
    fc.assert(fc.property(fc.array(fc.string(), { maxLength: 200 }), (texts) => {
      const pool = new Pool()
      const keys = texts.map((text) => pool.key(text))
      keys.forEach((key, i) => {
        expect(pool.key(texts[i]!)).toBe(key)
        expect(JSON.parse('"' + pool.bytes.toString('utf8', key.start, key.end) + '"')).toBe(texts[i]!)
        expect(key.hash).toBe(keyHash(pool.bytes, key.start, key.end))
      })
    }))
  })

  test('keeps values as JSON text', () => {
    const pool = new Pool()
    const { start, end } = pool.json({ a: [1, 'ü'] })
    expect(pool.bytes.toString('utf8', start, end)).toBe('{"a":[1,"ü"]}')
  })

  test('grows without moving what it gave out', () => {
    const pool = new Pool()
    const first = pool.key('first')
    for (let i = 0; i < 2000; i++) pool.key(`key number ${i}`)
    expect(pool.bytes.toString('utf8', first.start, first.end)).toBe('first')
  })
})
