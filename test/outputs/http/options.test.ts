import { expect, test } from 'vitest'
import type { Field } from '../../../src/config/fields.ts'
import { httpOptions } from '../../../src/outputs/http/options.ts'

test('whatever is a password is secret', () => {
  const options: [string, Field][] = Object.entries(httpOptions)
  expect(options.filter(([name, field]) => /passwd|secret|token$/.test(name) !== (field.secret === true))).toEqual([])
})
