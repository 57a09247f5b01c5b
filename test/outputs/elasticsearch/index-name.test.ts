import { expect, test } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { IndexName } from '../../../src/outputs/elasticsearch/index-name.ts'
import { readSettings } from '../../../src/outputs/elasticsearch/settings.ts'
import { es } from '../../../src/outputs/es.ts'
import { TEN } from '../../event/make-batch.ts'
import { optionsOf } from '../output-context.ts'

test('the same index is the same bytes, made once', () => {
  const pool = new Pool()
  let made = 0
  const name = new IndexName(readSettings(optionsOf(es, { logstash_format: true }), pool).index, pool, (index) => {
    made++
    return Buffer.from(index)
  })
  name.begin(0)
  const first = name.action(TEN, undefined, '')
  expect(first?.toString()).toBe('logstash-2026.11.22')
  expect(name.action(TEN + 86_399 - 36_000, undefined, '')).toBe(first)
  expect(name.action(TEN + 86_400, undefined, '')?.toString()).toBe('logstash-2026.11.23')
  expect(name.action(TEN, undefined, '')).toBe(first)
  expect(made).toBe(2)
})
