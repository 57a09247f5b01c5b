import { expect, test } from 'vitest'
import type { Field } from '../../../src/config/fields.ts'
import { elasticOptions, elasticsearchOptions } from '../../../src/outputs/elasticsearch/options.ts'

test('whatever is a password is secret', () => {
  const options: [string, Field][] = Object.entries({ ...elasticsearchOptions, ...elasticOptions })
  const secret = options.filter(([, field]) => field.secret).map(([name]) => name)
  expect(secret.sort()).toEqual(['cloud_auth', 'http_api_key', 'http_passwd'])
})
