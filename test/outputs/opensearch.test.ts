import { expect, test } from 'vitest'
import { es } from '../../src/outputs/es.ts'
import { opensearch } from '../../src/outputs/opensearch.ts'

test('has the options of es but for those of Elastic\'s own services', () => {
  const missing = Object.keys(es.options).filter((name) => !(name in opensearch.options))
  expect(missing.sort()).toEqual(['cloud_auth', 'cloud_id', 'http_api_key'])
})
