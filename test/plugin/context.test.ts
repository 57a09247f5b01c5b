import { expect, it } from 'vitest'
import { PluginError } from '../../src/plugin/context.ts'

it('a complaint names the option it is about, if it is about one', () => {
  const error = new PluginError('There is no parser x.', 'parser')
  expect(error).toBeInstanceOf(Error)
  expect([error.message, error.option]).toEqual(['There is no parser x.', 'parser'])
  expect(new PluginError('Nothing to do.').option).toBeUndefined()
})
