import { expect, test } from 'vitest'
import type { Field } from '../../../src/config/fields.ts'
import { lokiOptions } from '../../../src/outputs/loki/options.ts'
import { loki } from '../../../src/outputs/loki.ts'
import { optionsOf } from '../output-context.ts'

test('what is not set is as in Fluent Bit', () => {
  expect(optionsOf(loki)).toMatchObject({
    uri: '/loki/api/v1/push', auto_kubernetes_labels: false, drop_single_key: 'off', line_format: 'json', tenant_id_key_error_handling: 'partial_success',
    http_passwd: '', buffer_size: 512_000, labels: undefined, tenant_id: undefined, compress: undefined
  })
  expect(loki.network?.port).toBe(3100)
  const options: [string, Field][] = Object.entries(lokiOptions)
  expect(options.filter(([, { differs }]) => differs !== undefined)).toEqual([])
})

test('whatever is a password is secret', () => {
  const options: [string, Field][] = Object.entries(lokiOptions)
  expect(options.filter(([, { secret }]) => secret === true).map(([name]) => name)).toEqual(['http_passwd', 'bearer_token'])
})
