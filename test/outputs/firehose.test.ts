import { expect, test } from 'vitest'
import { firehose } from '../../src/outputs/firehose.ts'
import { limitsOf } from '../../src/outputs/kinesis/settings.ts'
import { PluginError } from '../../src/plugin/context.ts'
import { optionsOf, outputContext } from './output-context.ts'

test('a batch is a request, and what is wrong is told with its option', () => {
  expect(firehose.limits(optionsOf(firehose, { delivery_stream: 'logs' }))).toEqual(limitsOf(false))
  expect(() => firehose.create(optionsOf(firehose, { delivery_stream: 'logs', region: 'eu-central-1', endpoint: 'http://' }), outputContext())).toThrow(PluginError)
})
