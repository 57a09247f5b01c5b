import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memberRange } from '../../../src/outputs/loki/remove-member.ts'

function without(text: string, value: string): string | undefined {
  const bytes = Buffer.from(text)
  const at = bytes.indexOf(value)
  const range = memberRange(bytes, at, at + Buffer.byteLength(value))
  return range && bytes.toString('utf8', 0, range[0]) + bytes.toString('utf8', range[1])
}

test.each([
  ['{"a":7}', '{}'], ['{"a":7,"b":1}', '{"b":1}'], ['{"b":1,"a":7}', '{"b":1}'], ['{"b":1 , "a" : 7 , "c":2}', '{"b":1 , "c":2}'],
  ['{"x\\"y\\\\":7,"b":1}', '{"b":1}'], ['[7]', undefined], ['[1,7]', undefined]
])('%s', (text, rest) => {
  expect(without(text, '7')).toBe(rest)
})

test('whatever the keys are, the others stay as they were', () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.constantFrom(1, 'x', null), { maxKeys: 5 }), fc.nat(), (object, n) => {
    const keys = Object.keys(object).filter((key) => key !== '__proto__')
    if (keys.length === 0) return
    const key = keys[n % keys.length]!
    const plain = Object.fromEntries(keys.map((name) => [name, object[name]]))
    const text = JSON.stringify({ ...plain, [key]: '@@here@@' })
    expect(JSON.parse(without(text, '"@@here@@"')!)).toEqual(Object.fromEntries(Object.entries(plain).filter(([name]) => name !== key)))
  }))
})
