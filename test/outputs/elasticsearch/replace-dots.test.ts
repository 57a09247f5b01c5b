import fc from 'fast-check'
import { expect, test } from 'vitest'
import { replaceDots } from '../../../src/outputs/elasticsearch/replace-dots.ts'

function replaced(json: string): string {
  const bytes = Buffer.from(`xx${json}`)
  replaceDots(bytes, 2, bytes.length)
  return bytes.toString('utf8', 2)
}

/** The same value with other keys. */
function renamed(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [rename(key), renamed(inner, rename)]))
}

test('changes every key and nothing else, at any depth', () => {
  const text = fc.string({ unit: fc.constantFrom('.', 'a', '"', '\\', ':', ' ', '{', ',', 'é') })
  const { any } = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof({ maxDepth: 4 }, text, fc.integer(), fc.array(tie('any'), { maxLength: 3 }), fc.dictionary(text, tie('any'), { maxKeys: 3 }))
  }))
  fc.assert(fc.property(any, fc.constantFrom(0, 1), (value, indent) => {
    const json = JSON.stringify(value, null, indent)
    const withoutDots = renamed(value, (key) => key.replaceAll('.', '_'))
    expect(JSON.parse(replaced(json))).toEqual(withoutDots)
  }))
})

test('keys that become equal stay apart', () => {
  expect(replaced('{"a.b":"c.d","a_b":{"e." : 1.5}}')).toBe('{"a_b":"c.d","a_b":{"e_" : 1.5}}')
})
