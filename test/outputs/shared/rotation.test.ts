import { expect, test } from 'vitest'
import { Rotation } from '../../../src/outputs/shared/rotation.ts'

test('nodes take turns; one that failed rests for longer each time; all at rest, the first to be fit again goes', () => {
  const nodes = new Rotation(['a', 'b', 'c'])
  expect([0, 0, 0, 0].map((now) => nodes.next(now)).join('')).toBe('abca')
  nodes.failed('b', 0)
  expect([1, 1, 1, 1].map((now) => nodes.next(now)).join('')).toBe('caca')
  expect(nodes.hasOther('a', 1)).toBe(true)
  expect([1001, 1001, 1001].map((now) => nodes.next(now)).sort().join('')).toBe('abc')
  nodes.failed('b', 1001)
  nodes.failed('a', 1001)
  nodes.failed('c', 1003)
  expect([nodes.hasOther('a', 1004), nodes.next(1004)]).toEqual([false, 'a'])
  nodes.succeeded('b')
  expect([nodes.hasOther('a', 1004), nodes.next(1004)]).toEqual([true, 'b'])
})
