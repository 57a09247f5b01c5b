import { expect, it } from 'vitest'
import { own } from '../../src/lib/own.ts'

it('gives what a table has itself', () => {
  const table: Record<string, number> = { a: 1 }
  expect(['a', 'b', 'constructor', '__proto__', 'toString'].map((name) => own(table, name))).toEqual([1, undefined, undefined, undefined, undefined])
})
