import { expect, test } from 'vitest'
import type { Field } from '../../../src/config/fields.ts'
import { NODE_OPTIONS, forwardOptions } from '../../../src/outputs/forward/options.ts'
import { forward } from '../../../src/outputs/forward.ts'
import { optionsOf } from '../output-context.ts'

test('what is not set is as in Fluent Bit, but that acknowledgement is waited for', () => {
  expect(optionsOf(forward)).toMatchObject({
    time_as_integer: false, retain_metadata_in_forward_mode: true, empty_shared_key: false, send_options: false, username: '', password: '',
    shared_key: undefined, compress: undefined, unix_path: undefined, tag: undefined, require_ack_response: true
  })
  const options: [string, Field][] = Object.entries(forwardOptions)
  expect(options.filter(([, { differs }]) => differs !== undefined).map(([name]) => name)).toEqual(['require_ack_response'])
})

test('whatever is a password is secret', () => {
  const options: [string, Field][] = Object.entries(forwardOptions)
  expect(options.filter(([, { secret }]) => secret === true).map(([name]) => name)).toEqual(['shared_key', 'password'])
})

test('a node sets what is about itself; what is about all nodes it does not', () => {
  const all = Object.keys(forwardOptions)
  expect(NODE_OPTIONS.filter((name) => !all.includes(name))).toEqual([])
  expect(all.filter((name) => !(NODE_OPTIONS as readonly string[]).includes(name))).toEqual(['tag', 'add_option', 'unix_path', 'upstream', 'fluentd_compat'])
})
