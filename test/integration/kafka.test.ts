/** The output kafka against a real broker: what it stores, read back by another client. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kafka as kafkaOutput } from '../../src/outputs/kafka.ts'
import type { Output } from '../../src/plugin/output.ts'
import { makeBatch, type RecordSpec } from '../event/make-batch.ts'
import { never, optionsOf, outputContext, type TestContext } from '../outputs/output-context.ts'
import { KafkaServer, kafka, kcat } from '../support/servers/kafka.ts'
import { describeWith } from '../support/servers/server.ts'

await describeWith([kafka, kcat], 'the output for Kafka', () => {
  let server: KafkaServer
  const made: Output[] = []
  beforeAll(async () => { server = await KafkaServer.start({ secure: true }) }, 240_000)
  afterAll(async () => {
    for (const output of made) await output.close?.()
    await server?.stop()
  })

  async function make(set: { readonly [name: string]: unknown }, properties: { readonly [name: string]: string } = {}, context: TestContext = outputContext()): Promise<Output> {
    const output = await kafkaOutput.create(optionsOf(kafkaOutput, {
      brokers: server.brokers.split(','), 'rdkafka.': new Map(Object.entries(properties)), ...set
    }), context)
    made.push(output)
    return output
  }

  const records: readonly RecordSpec[] = [1, 2, 3].map((n) => ({ body: { n, text: 'é"\n' }, constant: '{"pod":"p"}' }))

  describe.each(['bytes', 'kafkajs'])('by the client %s', (client) => {
    it('stores a message for each record, with its identity', async () => {
      await server.createTopic(`plain-${client}`)
      const output = await make({ client, topics: [`plain-${client}`], header: [['cluster', 'c1']] })
      await output.open?.()
      expect(await output.write(makeBatch(records), never)).toEqual({ kind: 'delivered' })
      const messages = await server.read(`plain-${client}`)
      expect(messages.map(({ payload }) => JSON.parse(payload) as object)).toEqual([1, 2, 3].map((n) => (
        { '@timestamp': 1795341600.1234567, n, text: 'é"\n', shared: { pod: 'p' } }
      )))
      expect(messages[0]).toMatchObject({ key: null, headers: { cluster: 'c1', 'fantail-id': 'abcdefghijk-0---------0Z' } })
      expect(new Set(messages.map(({ partition }) => partition)).size).toBe(1)
    })

    it.each(['gzip', 'snappy', 'lz4', 'zstd'])('compresses with %s', async (codec) => {
      const topic = `${codec}-${client}`
      await server.createTopic(topic)
      const output = await make({ client, topics: [topic] }, { 'compression.codec': codec })
      const many = Array.from({ length: 2000 }, (_, n) => ({ body: { n, text: `line ${n} of many, all alike` } }))
      expect(await output.write(makeBatch(many), never)).toEqual({ kind: 'delivered' })
      const messages = await server.read(topic)
      expect(messages.map(({ payload }) => (JSON.parse(payload) as { n: number }).n)).toEqual(many.map((_, n) => n))
    })
  })
})
