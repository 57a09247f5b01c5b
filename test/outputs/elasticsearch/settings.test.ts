import { expect, test } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { PluginError } from '../../../src/plugin/context.ts'
import { readSettings } from '../../../src/outputs/elasticsearch/settings.ts'
import { es } from '../../../src/outputs/es.ts'
import { optionsOf } from '../output-context.ts'

test('ids come from the record\'s place unless said otherwise', () => {
  const ids = (generate_id: boolean | undefined): string => readSettings(optionsOf(es, { generate_id }), new Pool()).ids
  expect([ids(undefined), ids(true), ids(false)]).toEqual(['identity', 'hash', 'none'])
})

test('a wrong accessor is a matter of its option', () => {
  for (const option of ['index', 'id_key']) {
    try {
      readSettings(optionsOf(es, { [option]: '$a[' }), new Pool())
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(PluginError)
      expect((error as PluginError).option).toBe(option)
    }
  }
})
