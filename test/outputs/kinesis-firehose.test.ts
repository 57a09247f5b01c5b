import { afterEach, expect, test } from 'vitest'
import { firehose } from '../../src/outputs/firehose.ts'
import { kinesisFirehose } from '../../src/outputs/kinesis-firehose.ts'
import { DELIVERED, RETRY, type Output } from '../../src/plugin/output.ts'
import { makeBatch } from '../event/make-batch.ts'
import { KEYS, KinesisFake } from '../support/fakes/kinesis.ts'
import { never, optionsOf, outcomes, outputContext } from './output-context.ts'

const fakes: KinesisFake[] = []
const made: Output[] = []
afterEach(async () => {
  for (const output of made.splice(0)) await output.close?.()
  for (const fake of fakes.splice(0)) await fake.close()
})

async function start(): Promise<{ readonly fake: KinesisFake; readonly set: { readonly [name: string]: unknown } }> {
  process.env['AWS_ACCESS_KEY_ID'] = KEYS.accessKeyId
  process.env['AWS_SECRET_ACCESS_KEY'] = KEYS.secretAccessKey
  const fake = new KinesisFake()
  fakes.push(fake)
  return { fake, set: { delivery_stream: 'logs', region: 'eu-central-1', endpoint: `http://127.0.0.1:${await fake.listen()}` } }
}

test('records go to Firehose without keys, within its limits, each with its own verdict', async () => {
  const { fake, set } = await start()
  const output = await kinesisFirehose.create(optionsOf(kinesisFirehose, set), outputContext())
  made.push(output)
  fake.refuses = ({ data }) => (data.toString().startsWith('{"n":1') ? 'ServiceUnavailableException' : undefined)
  const verdict = await output.write(makeBatch([0, 1, 2].map((n) => ({ body: { n } }))), never)
  expect(outcomes(verdict)).toEqual([DELIVERED, RETRY, DELIVERED])
  expect(verdict).toMatchObject({ throttled: true })
  expect(fake.taken.map(({ data, key }) => [data.toString(), key])).toEqual([['{"n":0}\n', undefined], ['{"n":2}\n', undefined]])
  fake.refuses = () => undefined
  expect(await output.write(makeBatch(Array.from({ length: 9 }, (_, n) => ({ body: { n, pad: 'x'.repeat(900_000) } }))), never)).toEqual({ kind: 'delivered' })
  expect(fake.requests.slice(1)).toEqual([4, 4, 1])
})

test('the Go plugin\'s options: members of the record, always with a newline', async () => {
  const { fake, set } = await start()
  const output = await firehose.create(optionsOf(firehose, { ...set, data_keys: ['a'], time_key: 'a' }), outputContext())
  made.push(output)
  expect(await output.write(makeBatch([{ body: { a: 1, b: 2 } }]), never)).toEqual({ kind: 'delivered' })
  expect(fake.taken[0]?.data.toString()).toBe('{"a":"2026-11-22T10:00:00"}\n')
})
