import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { StdoutOutput, stdout } from '../../src/outputs/stdout.ts'
import type { Verdict } from '../../src/plugin/output.ts'
import { makeBatch, type RecordSpec } from '../event/make-batch.ts'
import { optionsOf, outputContext } from './output-context.ts'
import { readAllMsgpack } from './shared/read-msgpack.ts'

async function print(specs: readonly RecordSpec[], set: { [name: string]: unknown }, failure?: Error): Promise<{ bytes: Buffer; verdict: Verdict }> {
  const parts: Buffer[] = []
  const stream = new Writable({
    write(part: Buffer, _, done) {
      parts.push(Buffer.from(part))
      done(failure)
    }
  })
  const output = new StdoutOutput(optionsOf(stdout, set), outputContext(), stream)
  return { verdict: await output.write(makeBatch(specs)), bytes: Buffer.concat(parts) }
}

async function text(specs: readonly RecordSpec[], set: { [name: string]: unknown } = {}): Promise<string> {
  return (await print(specs, set)).bytes.toString()
}

const TWO = [{ body: { m: 'x y', k: 5 }, nanos: 123_456_000 }, { body: {}, nanos: 0, tag: 'b' }]

test('prints text as Fluent Bit does', async () => {
  expect(await text([...TWO, { body: '{"a":{"b":[1,2.5,null,true]},"q":"a\\"b"}', metadata: '{"x":1}' }])).toBe(
    '[0] app: [[1795341600.123456000, {}], {"m"=>"x y", "k"=>5}]\n'
    + '[1] b: [[1795341600.000000000, {}], {}]\n'
    + '[2] app: [[1795341600.123456789, {"x"=>1}], {"a"=>{"b"=>[1, 2.500000, nil, true]}, "q"=>"a"b"}]\n')
})

test('prints JSON as a list, as lines and as a stream', async () => {
  expect(await text(TWO, { format: 'json' })).toBe('[{"date":1795341600.123456,"m":"x y","k":5},{"date":1795341600.0}]\n')
  expect(await text(TWO, { format: 'json_lines' })).toBe('{"date":1795341600.123456,"m":"x y","k":5}\n{"date":1795341600.0}\n')
  expect(await text(TWO, { format: 'json_stream' })).toBe('{"date":1795341600.123456,"m":"x y","k":5}{"date":1795341600.0}\n')
})

test('the date has the key and format asked for, or is left out', async () => {
  expect(await text(TWO, { format: 'json_lines', json_date_key: 'ts', json_date_format: 'iso8601' }))
    .toBe('{"ts":"2026-11-22T10:00:00.123456Z","m":"x y","k":5}\n{"ts":"2026-11-22T10:00:00.000000Z"}\n')
  expect(await text(TWO, { format: 'json_lines', json_date_key: 'false' })).toBe('{"m":"x y","k":5}\n{}\n')
})

test('a record with the date\'s key keeps its own', async () => {
  expect(await text([{ body: { a: { date: 1 } } }, { body: { date: 'mine' } }], { format: 'json_lines', json_date_format: 'epoch' }))
    .toBe('{"date":1795341600,"a":{"date":1}}\n{"date":"mine"}\n')
})

test('prints MessagePack', async () => {
  const { bytes } = await print(TWO, { format: 'msgpack' })
  expect(readAllMsgpack(bytes)).toEqual([
    [[{ seconds: 1_795_341_600, nanos: 123_456_000 }, {}], { m: 'x y', k: 5 }], [[{ seconds: 1_795_341_600, nanos: 0 }, {}], {}]
  ])
})

test('a stream that fails is tried again', async () => {
  const { verdict } = await print(TWO, {}, new Error('EPIPE'))
  expect(verdict).toMatchObject({ kind: 'retry', reason: 'standard output cannot be written: EPIPE' })
})

test('prints OTLP, a document for a batch', async () => {
  const printed = await text(TWO, { format: 'otlp_json' })
  expect(printed).toMatch(/^\{"resourceLogs":.*"stringValue":"x y".*\}\n$/)
  expect(JSON.parse(await text(TWO, { format: 'otlp_json_pretty' }))).toEqual(JSON.parse(printed))
})
