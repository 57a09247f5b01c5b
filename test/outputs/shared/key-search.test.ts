import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keySearch } from '../../../src/outputs/shared/key-search.ts'

test.each(['@t', 'date', '@', 'a"b'])('finds the key %s wherever it stands', (key) => {
  const search = keySearch(key)
  const spelled = JSON.stringify(key)
  fc.assert(fc.property(fc.array(fc.constantFrom('@', '"', '@t', spelled, 'x', '@'.repeat(3000), spelled.slice(0, -1))), (parts) => {
    const text = parts.join('')
    expect(search(Buffer.from(text))).toBe(text.includes(spelled))
  }))
})
