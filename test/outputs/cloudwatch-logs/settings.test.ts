import { afterEach, beforeEach, expect, test } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { Record } from '../../../src/event/record.ts'
import { goTemplates, readGoSettings, readSettings, type NameSource, type Settings } from '../../../src/outputs/cloudwatch-logs/settings.ts'
import { cloudwatchLogs } from '../../../src/outputs/cloudwatch-logs.ts'
import { cloudwatch } from '../../../src/outputs/cloudwatch.ts'
import type { PluginError } from '../../../src/plugin/context.ts'
import { makeBatch } from '../../event/make-batch.ts'
import { optionsOf } from '../output-context.ts'

interface Given {
  readonly [name: string]: unknown
}

const pool = new Pool()
const network = { host: undefined, port: undefined, net: {}, tls: {} }
const read = (set: Given = {}, port?: number): Settings => readSettings(optionsOf(cloudwatchLogs, { log_group_name: 'g', log_stream_prefix: 'p-', ...set }), pool, { ...network, port })
const readGo = (set: Given = {}): Settings => readGoSettings(optionsOf(cloudwatch, { log_group_name: 'g', log_stream_prefix: 'p-', ...set }), pool, network)

/** A name filled in for a record with the tag `kube.app`; undefined when it lacks a value. */
function fill({ templates }: NameSource, body: object): string | undefined {
  const record = new Record(pool)
  makeBatch([{ body }]).open(0, record)
  const parts = templates.map((template) => template.fillAll(record, 'kube.app'))
  return parts.includes(undefined) ? undefined : parts.join('')
}

const VARIABLES = ['AWS_REGION', 'AWS_DEFAULT_REGION'] as const
const before = VARIABLES.map((name) => process.env[name])
beforeEach(() => { for (const name of VARIABLES) delete process.env[name] })
afterEach(() => {
  VARIABLES.forEach((name, n) => {
    if (before[n] === undefined) delete process.env[name]
    else process.env[name] = before[n]
  })
})

test('nothing is made, kept, compressed or named that was not asked for', () => {
  expect(read()).toMatchObject({
    region: undefined, endpoint: undefined, logKey: undefined, longEvents: 'split', compress: 'references', entity: false,
    group: { templates: [], fixed: 'g', prefix: '' }, stream: { templates: [], fixed: undefined, prefix: 'p-' },
    create: { groups: false, streams: true, retentionDays: 0, retainExisting: false, groupClass: undefined, kmsKeyId: undefined, tags: undefined }
  })
})

test('the region is that of the option, else of the environment', () => {
  expect(read().region).toBeUndefined()
  process.env['AWS_DEFAULT_REGION'] = 'eu-west-1'
  expect(read().region).toBe('eu-west-1')
  process.env['AWS_REGION'] = 'eu-west-2'
  expect([read().region, read().credentials.region, read({ region: 'eu-west-3' }).region]).toEqual(['eu-west-2', 'eu-west-2', 'eu-west-3'])
})

test.each([
  ['logs.example.com', undefined, 'https://logs.example.com/'], ['logs.example.com', 8443, 'https://logs.example.com:8443/'],
  ['http://127.0.0.1:4566', 9, 'http://127.0.0.1:4566/'], ['http://h', 80, 'http://h/']
])('the endpoint %s with port %s is %s', (endpoint, port, href) => {
  expect(read({ endpoint }, port).endpoint?.href).toBe(href)
})

test('templates of group and stream, with fixed names for records that lack a value', () => {
  const { group, stream } = read({ log_group_template: "/eks/$kubernetes['namespace_name']", log_stream_template: '$TAG[1].$pod' })
  expect([fill(group, { kubernetes: { namespace_name: 'shop' } }), fill(group, {}), group.fixed]).toEqual(['/eks/shop', undefined, 'g'])
  expect([fill(stream, { pod: 'p' }), fill(stream, {}), stream.prefix]).toEqual(['app.p', undefined, 'p-'])
})

test.each([
  ['/eks/$(kubernetes[\'namespace_name\'])/x', '/eks/shop/x'], ['$(tag)', 'kube.app'], ['$(tag[0])-$(tag[1])', 'kube-app'], ['$(uuid)', 'UUID'],
  ['$(a.b)', 'dotted'], ['plain $x', 'plain $x'], ['$(missing)', undefined], ['$()', undefined]
])('the Go plugin\'s name %s is %s', (text, name) => {
  const make = (): string | undefined => fill({ templates: goTemplates(text, 'UUID', 'log_group_name', pool), fixed: undefined, prefix: '' }, {
    kubernetes: { namespace_name: 'shop' }, 'a.b': 'dotted', x: 'no'
  })
  if (text === '$()') expect(make).toThrow(expect.objectContaining({ option: 'log_group_name', message: '$() is no variable' }) as PluginError)
  else expect(make()).toBe(name)
})

test('the Go plugin\'s names fall back on its defaults, and a prefix goes before the default stream', () => {
  expect(readGo().group.fixed).toBe('fluentbit-default')
  expect(readGo().stream).toMatchObject({ fixed: undefined, prefix: 'p-' })
  expect(readGo({ log_stream_prefix: undefined, log_stream_name: '$(x)' }).stream).toMatchObject({ fixed: '/fluentbit-default', prefix: '' })
  const { group, stream } = readGo({ log_group_name: '$(uuid)', log_stream_prefix: undefined, log_stream_name: '$(uuid)' })
  expect(fill(group, {})).toMatch(/^[0-9a-f]{32}$/)
  expect(fill(group, {})).toBe(fill(stream, {}))
})

test('tags are read as key and value; of an = in a value nothing is lost', () => {
  expect(read({ log_group_tags: ['team=platform', ' env = a=b '] }).create.tags).toEqual({ team: 'platform', env: 'a=b' })
  expect(readGo({ new_log_group_tags: ['x='] }).create.tags).toEqual({ x: '' })
})

test('retention of groups that are there is set only when there are days', () => {
  expect(read({ put_retention_policy: true }).create.retainExisting).toBe(false)
  expect(read({ put_retention_policy: true, log_retention_days: 3653 }).create).toMatchObject({ retainExisting: true, retentionDays: 3653 })
})

test.each<[string, Given, string]>([
  ['log_stream_name', { log_stream_prefix: undefined }, 'either log_stream_name or log_stream_prefix must say which stream'],
  ['log_stream_prefix', { log_stream_name: 's' }, 'log_stream_name and log_stream_prefix exclude each other'],
  ['log_retention_days', { log_retention_days: 2 }, 'days, not 2'],
  ['endpoint', { endpoint: 'http://' }, 'http:// is neither a host nor a URL'],
  ['log_group_tags', { log_group_tags: ['team'] }, 'a tag is written key=value, not team'],
  ['log_group_tags', { log_group_tags: ['=x'] }, 'a tag is written key=value, not =x'],
  ['log_group_tags', { log_group_tags: [' = x'] }, 'a tag is written key=value, not  = x'],
  ['log_key', { log_key: '$a[' }, 'Expected'],
  ['log_group_template', { log_group_template: '$a[' }, 'Expected']
])('%s: %o is refused', (option, set, reason) => {
  expect(() => read(set)).toThrow(expect.objectContaining({ option, message: expect.stringContaining(reason) as unknown }) as PluginError)
})

test.each([['$(ecs_task_id)', 'variables of ECS are not supported'], ['$(a[0])', 'is no variable']])('the Go plugin\'s %s is refused', (text, reason) => {
  expect(() => readGo({ log_group_name: text })).toThrow(expect.objectContaining({ option: 'log_group_name', message: expect.stringContaining(reason) as unknown }) as PluginError)
})
