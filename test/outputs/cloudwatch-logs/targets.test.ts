import { expect, test } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { cloudwatchLogs } from '../../../src/outputs/cloudwatch-logs.ts'
import { readSettings } from '../../../src/outputs/cloudwatch-logs/settings.ts'
import { Targets, type Target } from '../../../src/outputs/cloudwatch-logs/targets.ts'
import { makeBatch, type RecordSpec } from '../../event/make-batch.ts'
import { optionsOf } from '../output-context.ts'

function targetsOf(set: { readonly [name: string]: unknown }): Targets {
  const pool = new Pool()
  const options = optionsOf(cloudwatchLogs, { region: 'r', log_group_name: 'g', ...('log_stream_name' in set ? {} : { log_stream_prefix: 's-' }), ...set })
  return new Targets(readSettings(options, pool, { host: undefined, port: undefined, net: {}, tls: {} }), pool)
}

function find(targets: Targets, specs: readonly RecordSpec[]): Target[] {
  targets.begin()
  const batch = makeBatch(specs)
  return specs.map((_, i) => targets.of(batch, i))
}

const names = (targets: Targets, specs: readonly RecordSpec[]): string[] => find(targets, specs).map(({ group, stream }) => `${group} ${stream}`)

test('the tag decides, and the same place is the same target from batch to batch', () => {
  const targets = targetsOf({})
  const tags = ['a', 'b', 'b', 'a'].map((tag) => ({ body: {}, tag }))
  const [first, second] = [find(targets, tags), find(targets, tags)]
  expect(first.map(({ stream }) => stream)).toEqual(['s-a', 's-b', 's-b', 's-a'])
  expect(first[0]).toBe(first[3])
  expect(second[0]).toBe(first[0])
})

test('the record decides where a template asks it, under a constant and beside it', () => {
  const targets = targetsOf({ log_stream_template: "$shared['pod']" })
  expect(names(targets, [
    { body: {}, constant: '{"pod":"p"}' }, { body: {}, constant: '{"pod":"q"}' }, { body: { shared: { pod: 'r' } } }, { body: {}, tag: 't' }, { body: {}, constant: '{"pod":"p"}' }
  ])).toEqual(['g p', 'g q', 'g r', 'g s-t', 'g p'])
  expect(names(targetsOf({ log_group_template: '/eks/$ns', log_stream_template: '$pod' }), [
    { body: { ns: 'a', pod: 'x' } }, { body: { ns: 'b', pod: 'x' } }, { body: { ns: 'b' } }
  ])).toEqual(['/eks/a x', '/eks/b x', '/eks/b s-app'])
})

test('names are made such as the service takes', () => {
  expect(names(targetsOf({ log_group_template: '$g', log_stream_template: '$s' }), [
    { body: { g: 'a b:c', s: 'x:y*z' } }, { body: { g: 'g'.repeat(600), s: '🙂'.repeat(300) } }
  ])).toEqual(['a.b.c x.y.z', `${'g'.repeat(512)} ${'🙂'.repeat(256)}`])
})

test('the head of a request names group, stream and entity', () => {
  expect(find(targetsOf({}), [{ body: {} }])[0]!.head.toString()).toBe('{"logGroupName":"g","logStreamName":"s-app","logEvents":[')
  const kubernetes = { namespace_name: 'ns', aws_entity_service_name: 'shop', aws_entity_platform: 'eks' }
  const [target] = find(targetsOf({ add_entity: true }), [{ body: { kubernetes, aws_entity_account_id: '123456789012' } }])
  const { entity } = JSON.parse(`${target!.head.toString()}]}`) as { entity: { keyAttributes: object } }
  expect(entity.keyAttributes).toMatchObject({ Name: 'shop', AwsAccountId: '123456789012' })
})
