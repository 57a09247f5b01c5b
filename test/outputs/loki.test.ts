import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loki } from '../../src/outputs/loki.ts'
import { PluginError } from '../../src/plugin/context.ts'
import { DELIVERED, REFUSED, RETRY, type Output, type Verdict } from '../../src/plugin/output.ts'
import { TEN, makeBatch, type RecordSpec } from '../event/make-batch.ts'
import { tempFolder } from '../support/temp.ts'
import { FakeLoki } from './fake-loki.ts'
import { never, optionsOf, outcomes, outputContext, type TestContext } from './output-context.ts'
import { answer } from './test-server.ts'

let server: FakeLoki
let port: number
let output: Output
let context: TestContext
beforeEach(async () => {
  server = new FakeLoki()
  port = await server.listen()
})
afterEach(async () => {
  await output.close?.()
  await server.close()
})

const POD = { namespace_name: 'shop', pod_name: 'p-1', labels: { app: 'cart', '9th/x': 'y' } }
const RECORD = { log: 'hi "you"', level: 'info', n: 12_345_678_901_234_567_890n, kubernetes: POD }
const BODY = `{"log":"hi \\"you\\"","level":"info","n":${RECORD.n},"kubernetes":${JSON.stringify(POD)}}`

async function push(set: { [name: string]: unknown } = {}, records: readonly RecordSpec[] = [{ body: BODY }]): Promise<Verdict> {
  context = outputContext({ host: '127.0.0.1', port })
  output = await loki.create(optionsOf(loki, set), context)
  return await output.write(makeBatch(records), never)
}

test('a record is a line of one stream by default, its text as it was', async () => {
  expect(await push()).toEqual({ kind: 'delivered' })
  expect(server.lines).toEqual([{ tenant: '', labels: '{job="fluent-bit"}', time: BigInt(TEN) * 1_000_000_000n + 123_456_789n, line: BODY, metadata: {} }])
  expect(server.received[0]?.url).toBe('/loki/api/v1/push')
})

test('labels of texts, values, the tag, and what became one leaves the line', async () => {
  await push({
    labels: ['job=fantail', '$level', "ns=$kubernetes['namespace_name']", 'tag=$TAG', 'none=$nothing'],
    label_keys: ["$kubernetes['labels']['app']"], remove_keys: ['$n']
  })
  expect(server.lines[0]?.labels).toBe('{job="fantail", kubernetes_labels_app="cart", level="info", ns="shop", tag="app"}')
  expect(server.lines[0]?.line).toBe('{"log":"hi \\"you\\"","kubernetes":{"pod_name":"p-1","labels":{"9th/x":"y"}}}')
})

test('a label map, and the labels of the pod', async () => {
  const file = path.join(tempFolder('loki'), 'map.json')
  writeFileSync(file, '{"kubernetes":{"namespace_name":"ns","labels":{"app":"app"}},"level":"lvl"}')
  await push({ label_map_path: file })
  expect(server.lines[0]?.labels).toBe('{app="cart", lvl="info", ns="shop"}')
  await output.close?.()
  await push({ auto_kubernetes_labels: true })
  expect(server.lines[1]?.labels).toBe('{_9th_x="y", app="cart"}')
  expect(server.lines[1]?.line).toBe(BODY)
})

test('structured metadata of values and of maps', async () => {
  await push({ structured_metadata: ['n=$n', '$level', 'fixed=1'], structured_metadata_map_keys: ["$kubernetes['labels']"], remove_keys: ['$kubernetes'] })
  expect(server.lines[0]).toMatchObject({ line: '{"log":"hi \\"you\\""}', metadata: { n: String(RECORD.n), level: 'info', fixed: '1', app: 'cart', _9th_x: 'y' } })
})

test.each([
  ['off', 'json', '{"log":"hi \\"you\\""}'], ['on', 'json', '"hi \\"you\\""'], ['raw', 'json', 'hi "you"'], ['on', 'key_value', 'hi "you"'],
  ['off', 'key_value', 'log="hi "you""']
])('drop_single_key %s with line_format %s', async (drop_single_key, line_format, line) => {
  await push({ drop_single_key, line_format, remove_keys: ['$level', '$n', '$kubernetes'] })
  expect(server.lines[0]?.line).toBe(line)
})

test('values in key_value', async () => {
  await push({ line_format: 'key_value' }, [{ body: '{"a":1.50,"b":[1,"x"],"c":{"d":true},"e":null}' }])
  expect(server.lines[0]?.line).toBe('a=1.50 b="[1 "x"]" c="map[d:true]" e=null')
})

test('lines of one stream keep their order; streams are told apart', async () => {
  const records = Array.from({ length: 200 }, (_, i) => ({ body: { i, level: i % 3 === 0 ? 'a' : 'b' }, nanos: i }))
  await push({ label_keys: ['$level'] }, records)
  const numbers = (level: string): number[] => server.lines.filter(({ labels }) => labels.includes(level)).map(({ line }) => (JSON.parse(line) as { i: number }).i)
  expect(numbers('"a"')).toEqual(records.flatMap(({ body }) => body.i % 3 === 0 ? body.i : []))
  expect(numbers('"b"').length).toBe(133)
  expect(server.received.length).toBe(1)
})

test('tenants: a request for each, each with its own outcome', async () => {
  const take = server.behaviour
  server.behaviour = (response, received) => {
    if (received.headers['x-scope-orgid'] === 'b') answer(429, 'slow down', { 'retry-after': '7' })(response, received)
    else take(response, received)
  }
  const verdict = await push({ tenant_id: 'usual', tenant_id_key: '$t' }, ['a', 'b', undefined].map((t) => ({ body: { t } })))
  expect(outcomes(verdict)).toEqual([DELIVERED, RETRY, DELIVERED])
  expect(verdict).toMatchObject({ after: 7000, throttled: true })
  expect(server.lines.map(({ tenant }) => tenant)).toEqual(['a', 'usual'])
})

test('tenants with a line at fault: each tenant\'s part is halved on its own, whatever becomes of the others', async () => {
  server.newest = TEN
  const records = ['a', 'a', 'b', 'b'].map((t, n) => ({ body: { t, n }, seconds: n % 2 === 0 ? TEN + 100 : TEN }))
  const verdict = await push({ tenant_id_key: '$t' }, records)
  expect(outcomes(verdict)).toEqual([REFUSED, DELIVERED, REFUSED, DELIVERED])
  expect(verdict.kind === 'partial' && verdict.reasons.get(0)).toContain('timestamp too new')
  const take = server.behaviour
  server.behaviour = (response, received) => {
    if (received.headers['x-scope-orgid'] === 'b') answer(429, 'slow down')(response, received)
    else take(response, received)
  }
  const mixed = await output.write(makeBatch(records), never)
  expect(outcomes(mixed)).toEqual([REFUSED, DELIVERED, RETRY, RETRY])
  expect(mixed).toMatchObject({ throttled: true })
  server.behaviour = (response, received) => { answer(received.headers['x-scope-orgid'] === 'b' ? 204 : 413)(response, received) }
  expect(outcomes(await output.write(makeBatch(records), never))).toEqual([REFUSED, REFUSED, DELIVERED, DELIVERED])
})

test('credentials, fields, compression', async () => {
  await push({ bearer_token: 't', header: [['X-A', 'b c']], compress: 'gzip', tenant_id: 'me', uri: 'push' })
  expect(server.lines.length).toBe(1)
  expect(server.received[0]?.headers).toMatchObject({ authorization: 'Bearer t', 'x-a': 'b c', 'x-scope-orgid': 'me' })
})

test('what is too old is refused at once, the rest goes again and is kept once', async () => {
  server.oldest = TEN
  const records = [-10, 0, -5, 1].map((late, i) => ({ body: { i }, seconds: TEN + late }))
  const verdict = await push({}, records)
  expect(outcomes(verdict)).toEqual([REFUSED, RETRY, REFUSED, RETRY])
  expect(verdict.kind === 'partial' && verdict.reasons.get(0)).toContain('timestamp too old')
  expect(await output.write(makeBatch([records[1]!, records[3]!]), never)).toEqual({ kind: 'delivered' })
  expect([server.lines.length, server.repeated]).toEqual([2, 2])
})

test('other refusals: halved until the line at fault is alone', async () => {
  server.newest = TEN
  expect((await push({}, [{ body: { a: 1 }, seconds: TEN + 100 }, { body: { a: 2 } }])).kind).toBe('too_large')
  expect(await output.write(makeBatch([{ body: { a: 1 }, seconds: TEN + 100 }]), never)).toMatchObject({
    kind: 'refused', reason: expect.stringContaining('timestamp too new') as unknown
  })
})

test.each([
  [429, { kind: 'retry', throttled: true }], [500, { kind: 'retry' }], [413, { kind: 'too_large' }], [401, { kind: 'retry' }], [404, { kind: 'retry' }]
])('status %d', async (status, expected) => {
  server.behaviour = answer(status, 'why')
  expect(await push()).toMatchObject(expected)
  expect(context.logged.join().includes('HTTP')).toBe([401, 404].includes(status))
})

test.each([
  { labels: ['x'] }, { labels: ['=y'] }, { labels: ['a=$b['] }, { structured_metadata_map_keys: ['a'] }, { label_map_path: '/no/such' }, { remove_keys: ["$a['b"] }
])('%o is refused', async (set) => {
  await push()
  expect(() => loki.create(optionsOf(loki, set), outputContext())).toThrow(PluginError)
})
