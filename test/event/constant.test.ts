import { expect, test } from 'vitest'
import { Constant } from '../../src/event/constant.ts'

test('a constant is its JSON text, and its value once somebody looks', () => {
  const constant = new Constant('{"pod_name":"web-1","n":"ü"}')
  expect(constant.bytes.toString()).toBe('{"pod_name":"web-1","n":"ü"}')
  expect(constant.value()).toEqual({ pod_name: 'web-1', n: 'ü' })
  expect(constant.value()).toBe(constant.value())
})
