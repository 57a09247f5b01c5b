import { expect, test } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { PluginError } from '../../../src/plugin/context.ts'
import { atOption, optionAccessor } from '../../../src/outputs/shared/accessors.ts'

test('an accessor that cannot be read is a matter of its option', () => {
  expect(optionAccessor(undefined, new Pool(), 'id_key')).toBeUndefined()
  expect(optionAccessor("$a['b']", new Pool(), 'id_key')?.path).toEqual(['b'])
  expect(() => optionAccessor('$', new Pool(), 'id_key')).toThrow(PluginError)
  expect(() => atOption('x', () => { throw new RangeError('other') })).toThrow(RangeError)
})
