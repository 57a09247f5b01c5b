import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { ByteWriter } from '../../../src/lib/byte-writer.ts'
import { Messages, type Message } from '../../../src/outputs/forward/messages.ts'
import { forward } from '../../../src/outputs/forward.ts'
import { TEN, makeBatch, type RecordSpec } from '../../event/make-batch.ts'
import { optionsOf } from '../output-context.ts'
import { readAllMsgpack } from '../shared/read-msgpack.ts'

type Wire = [tag: string, ...rest: unknown[]]

async function write(specs: readonly RecordSpec[], set: { [name: string]: unknown } = {}): Promise<{ messages: Message[]; wire: Wire[] }> {
  const to = new ByteWriter(8)
  const messages = await new Messages(optionsOf(forward, set), new Pool()).write(makeBatch(specs), to)
  return { messages, wire: readAllMsgpack(Buffer.from(to.view())) as Wire[] }
}

const time = { seconds: TEN, nanos: 123_456_789 }
const entries = (value: unknown): unknown[] => readAllMsgpack(value as Buffer)

test('runs of one tag are the messages, and each record is in one of them, in order', async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.constantFrom('a', 'b', 'kube.ü'), { minLength: 1, maxLength: 30 }), fc.boolean(), fc.constantFrom(undefined, 'gzip'),
    async (tags, time_as_integer, compress) => {
      const { messages, wire } = await write(tags.map((tag, n) => ({ body: { n, pad: 'x'.repeat(n * 10) }, tag })), { time_as_integer, compress })
      const read = wire.flatMap(([tag, packed, options]) => {
        const { size, compressed } = options as { size: number; compressed?: string }
        expect(compressed).toBe(time_as_integer ? undefined : compress)
        const list = (time_as_integer ? packed : entries(compressed === undefined ? packed : gunzipSync(packed as Buffer))) as [unknown, { n: number }][]
        expect(list.length).toBe(size)
        return list.map(([at, { n }]) => ({ tag, at, n }))
      })
      // a batch holds the records of a tag together
      const sorted = [...read].sort((one, another) => one.n - another.n)
      expect(sorted).toEqual(tags.map((tag, n) => ({ tag, at: time_as_integer ? TEN : time, n })))
      expect(messages.map(({ from }) => from)).toEqual([0, ...messages.slice(0, -1).map(({ to }) => to)])
      expect(messages.at(-1)!.to).toBe(tags.length)
      expect(wire.map(([, , options]) => (options as { chunk: string }).chunk)).toEqual(messages.map(({ chunk }) => chunk))
      expect(new Set(messages.map(({ chunk }) => chunk)).size).toBe(messages.length)
    }
  ), { numRuns: 50 })
})

test('a chunk has a name of 128 bits in base64', async () => {
  const { messages: [message] } = await write([{ body: {} }])
  expect(Buffer.from(message!.chunk, 'base64').length).toBe(16)
})

test('values of any kind arrive as they are', async () => {
  const body = { text: 'ü "q" \n', n: -1, big: 2 ** 40, half: 0.5, yes: true, none: null, list: [1, [2]], map: { a: { b: '' } } }
  const { wire } = await write([{ body }, { body: {} }])
  expect(entries(wire[0]![1]).map((entry) => (entry as unknown[])[1])).toEqual([body, {}])
})

test('metadata goes with the time, where there is some', async () => {
  const specs = [{ body: {}, metadata: '{"m":1}' }, { body: {}, metadata: '{}' }, { body: {} }]
  const times = async (set: { [name: string]: unknown }): Promise<unknown[]> => {
    const { wire: [message] } = await write(specs, set)
    return (set['time_as_integer'] === true ? message![1] as unknown[][] : entries(message![1]) as unknown[][]).map(([at]) => at)
  }
  expect(await times({})).toEqual([[time, { m: 1 }], time, time])
  expect(await times({ retain_metadata_in_forward_mode: false })).toEqual([time, time, time])
  expect(await times({ time_as_integer: true })).toEqual([TEN, TEN, TEN])
})

test('a tag of each record: a message each, the metadata an option, unless time is whole seconds', async () => {
  const specs = [{ body: { ns: 'shop' }, metadata: '{"m":1}' }, { body: {} }]
  const { wire, messages } = await write(specs, { tag: 'k.$ns', require_ack_response: false })
  expect(wire).toEqual([['k.shop', time, { ns: 'shop' }, { metadata: { m: 1 } }], ['app', time, {}, {}]])
  expect(messages).toMatchObject([{ from: 0, to: 1 }, { from: 1, to: 2 }])
  expect((await write(specs, { tag: 'k.$ns', require_ack_response: false, time_as_integer: true })).wire[0]).toEqual(['k.shop', TEN, { ns: 'shop' }, {}])
})

test('a tag for all, with the record\'s own in it', async () => {
  expect((await write([{ body: {}, tag: 'a' }, { body: {}, tag: 'b' }], { tag: 'node.$TAG' })).wire.map(([tag]) => tag)).toEqual(['node.a', 'node.b'])
})

test.each([
  [{ require_ack_response: false }, {}],
  [{ require_ack_response: false, send_options: true }, { size: 2 }],
  [{ require_ack_response: false, add_option: [['source', 'ü'], ['x', '']] }, { source: 'ü', x: '' }],
  [{ require_ack_response: false, compress: 'gzip' }, { compressed: 'gzip', size: 2 }],
  [{ require_ack_response: false, compress: 'gzip', time_as_integer: true }, {}]
])('options of %o', async (set, options) => {
  expect((await write([{ body: { a: 1 } }, { body: { a: 2 } }], set)).wire[0]![2]).toEqual(options)
})

test('an accessor of tag that is none is refused by this name', () => {
  expect(() => new Messages(optionsOf(forward, { tag: "$a['" }), new Pool())).toThrow(expect.objectContaining({ option: 'tag' }) as Error)
})
