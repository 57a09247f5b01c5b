/** Output and input kafka against a real broker: what it stores, read back by another client; logins; groups. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kafka as kafkaOutput } from '../../src/outputs/kafka.ts'
import { REFUSED, type Output } from '../../src/plugin/output.ts'
import { makeBatch, type RecordSpec } from '../event/make-batch.ts'
import { never, optionsOf, outcomes, outputContext } from '../outputs/output-context.ts'
import { Agent } from '../support/agent.ts'
import { Checker } from '../support/checker.ts'
import { imbalances, total } from '../support/ledger.ts'
import { KafkaServer, kafka, kcat } from '../support/servers/kafka.ts'
import { describeWith } from '../support/servers/server.ts'
import { eventually } from '../support/wait.ts'
import { Writer } from '../support/writer.ts'

const clients = ['bytes', 'kafkajs'] as const
const codecs = ['gzip', 'snappy', 'lz4', 'zstd'] as const

await describeWith([kafka, kcat], 'Kafka', () => {
  let server: KafkaServer
  const made: Output[] = []
  beforeAll(async () => {
    server = await KafkaServer.start({ secure: true, settings: { 'auto.create.topics.enable': 'true' } })
    await server.createTopics(['secure', 'large', 'grown', ...clients.flatMap((client) => ['plain', ...codecs].map((name) => `${name}-${client}`))])
  }, 240_000)
  afterAll(async () => {
    for (const output of made) await output.close?.()
    await server?.stop()
  })

  async function make(set: { readonly [name: string]: unknown }, properties: { readonly [name: string]: string } = {}): Promise<Output> {
    const output = await kafkaOutput.create(optionsOf(kafkaOutput, {
      brokers: server.brokers.split(','), 'rdkafka.': new Map(Object.entries(properties)), ...set
    }), outputContext())
    made.push(output)
    return output
  }

  const bodies = (...texts: string[]): RecordSpec[] => texts.map((log) => ({ body: { log } }))
  const delivered = { kind: 'delivered' }

  describe.each(clients)('the output by the client %s', (client) => {
    it('stores a message for each record, with its identity', async () => {
      const output = await make({ client, topics: [`plain-${client}`], header: [['cluster', 'c1']] })
      await output.open?.()
      const records = [1, 2, 3].map((n) => ({ body: { n, text: 'é"\n' }, constant: '{"pod":"p"}' }))
      expect(await output.write(makeBatch(records), never)).toEqual(delivered)
      const messages = await server.read(`plain-${client}`)
      expect(messages.map(({ payload }) => JSON.parse(payload) as object)).toEqual([1, 2, 3].map((n) => (
        { '@timestamp': 1795341600.1234567, n, text: 'é"\n', shared: { pod: 'p' } }
      )))
      expect(messages[0]).toMatchObject({ key: null, headers: { cluster: 'c1', 'fantail-id': 'abcdefghijk-0---------0Z' } })
      expect(new Set(messages.map(({ partition }) => partition)).size).toBe(1)
    })

    it.each(codecs)('compresses with %s', async (codec) => {
      const topic = `${codec}-${client}`
      const output = await make({ client, topics: [topic] }, { 'compression.codec': codec })
      const many = Array.from({ length: 2000 }, (_, n) => ({ body: { n, text: `line ${n} of many, all alike` } }))
      expect(await output.write(makeBatch(many), never)).toEqual(delivered)
      const messages = await server.read(topic)
      expect(messages.map(({ payload }) => (JSON.parse(payload) as { n: number }).n)).toEqual(many.map((_, n) => n))
    })

    const scram = (mechanism: string): { [name: string]: string } => ({ 'sasl.mechanisms': mechanism, 'sasl.username': 'bob', 'sasl.password': 'bob-secret' })
    const plain = { 'sasl.mechanisms': 'PLAIN', 'sasl.username': 'alice', 'sasl.password': 'alice-secret' }

    it.each([
      ['TLS', 'TLS', { 'security.protocol': 'ssl' }],
      ['TLS with a certificate of ours', 'MTLS', { 'security.protocol': 'ssl', 'own certificate': '' }],
      ['PLAIN', 'SASLPLAIN', { 'security.protocol': 'sasl_plaintext', ...plain }],
      ['SCRAM-SHA-256', 'SASLPLAIN', { 'security.protocol': 'sasl_plaintext', ...scram('SCRAM-SHA-256') }],
      ['SCRAM-SHA-512 over TLS', 'SASLTLS', { 'security.protocol': 'sasl_ssl', ...scram('SCRAM-SHA-512') }]
    ] as const)('speaks %s', async (_, listener, properties) => {
      const { 'own certificate': own, ...rest } = properties as { [name: string]: string }
      const files = own === undefined ? {} : { 'ssl.certificate.location': server.tls('cli.crt'), 'ssl.key.location': server.tls('cli.key') }
      const output = await make({ client, topics: ['secure'], brokers: [server.listener(listener)] }, { ...rest, ...files, 'ssl.ca.location': server.tls('ca.crt') })
      await output.open?.()
      expect(await output.write(makeBatch(bodies('x')), never)).toEqual(delivered)
    })

    it('says why it cannot log in', async () => {
      const refused = make({ client, brokers: [server.listener('SASLPLAIN')] }, { 'security.protocol': 'sasl_plaintext', ...plain, 'sasl.password': 'wrong' })
      await expect((await refused).open!()).rejects.toThrow(/Authentication failed|authentication failed/)
    })

    it('splits what is too large for the topic, and refuses a message that is too large alone', async () => {
      const output = await make({ client, topics: ['large'] })
      const verdict = await output.write(makeBatch(bodies('x'.repeat(300_000), 'y'.repeat(1_500_000), 'z'.repeat(300_000))), never)
      expect(outcomes(verdict)).toEqual([0, REFUSED, 0])
      expect(verdict.kind === 'partial' && verdict.reasons.get(1)).toContain('MESSAGE_TOO_LARGE')
    })
  })

  it('logs in with tokens of an OpenID provider, and again before each login ends', async () => {
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    let asked = 0
    const provider = createServer((_, response) => {
      asked++
      const now = Math.floor(Date.now() / 1000)
      response.end(JSON.stringify({ access_token: `${encode({ alg: 'none' })}.${encode({ sub: 'agent', iat: now, exp: now + 4 })}.`, expires_in: 2 }))
    })
    await new Promise<void>((resolve) => { provider.listen(0, '127.0.0.1', resolve) })
    try {
      const output = await make({ topics: ['secure'], brokers: [server.listener('SASLPLAIN')] }, {
        'security.protocol': 'sasl_plaintext', 'sasl.mechanisms': 'OAUTHBEARER', 'sasl.oauthbearer.method': 'oidc',
        'sasl.oauthbearer.token.endpoint.url': `http://127.0.0.1:${(provider.address() as AddressInfo).port}/token`,
        'sasl.oauthbearer.client.id': 'agent', 'sasl.oauthbearer.client.secret': 'secret'
      })
      // the broker ends a connection whose login is older than 4 s
      for (const until = Date.now() + 7000; Date.now() < until;) {
        expect(await output.write(makeBatch(bodies('token')), never)).toEqual(delivered)
        await new Promise((resolve) => { setTimeout(resolve, 250) })
      }
      expect(asked).toBeGreaterThan(1)
    } finally {
      provider.close()
    }
  })

  it.each(clients)('logs in to MSK with IAM, and again before each login ends, by the client %s', async (client) => {
    const before = { ...process.env }
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDMSK', AWS_SECRET_ACCESS_KEY: 'msk-secret' })
    try {
      const set = {
        client, topics: ['secure'], brokers: [server.listener('MSK')], aws_msk_iam: true, aws_msk_iam_cluster_arn: 'arn:aws:kafka:eu-central-1:1:cluster/c/u'
      }
      const output = await make(set, { 'ssl.ca.location': server.tls('ca.crt') })
      // the broker checks the signature, and ends a connection whose login is older than 4 s
      for (const until = Date.now() + 6000; Date.now() < until;) {
        expect(await output.write(makeBatch(bodies('signed')), never)).toEqual(delivered)
        await new Promise((resolve) => { setTimeout(resolve, 250) })
      }
      process.env['AWS_SECRET_ACCESS_KEY'] = 'another'
      const refused = await make(set, { 'ssl.ca.location': server.tls('ca.crt') })
      expect(await refused.write(makeBatch(bodies('forged')), never)).toMatchObject({ kind: 'retry', reason: expect.stringMatching(client === 'bytes' ? /invalid_token/ : /SASL/) as unknown })
    } finally {
      for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete process.env[name]
      Object.assign(process.env, before)
    }
  })

  it('makes topics that records name, and finds partitions that are added', async () => {
    const output = await make({ topics: ['plain-bytes'], topic_key: 'to', dynamic_topic: true }, { 'topic.metadata.refresh.interval.ms': '10' })
    expect(await output.write(makeBatch([{ body: { to: 'made.by-name' } }]), never)).toEqual(delivered)
    expect((await server.read('made.by-name')).length).toBe(1)
    const growing = await make({ topics: ['grown'], message_key_field: 'k' }, { 'topic.metadata.refresh.interval.ms': '10' })
    const keyed = (): RecordSpec[] => Array.from({ length: 60 }, (_, k) => ({ body: { k } }))
    expect(await growing.write(makeBatch(keyed()), never)).toEqual(delivered)
    await server.addPartitions('grown', 5)
    await eventually('all five partitions in use', async () => {
      await growing.write(makeBatch(keyed()), never)
      return new Set((await server.read('grown')).map(({ partition }) => partition)).size === 5
    }, { interval: 300 })
  })

  it('an agent to Kafka, two agents from Kafka, a broker killed: every line arrives, positions follow', async () => {
    const sender = await Agent.start({
      pipeline: `
inputs:
  - { name: tail, path: '{dir}/logs/*.log', tag: app, read_from_head: on, refresh_interval: 1 }
outputs:
  - { name: kafka, match: '*', brokers: '${server.brokers}', topics: tiers, rdkafka.compression.codec: zstd, rdkafka.socket.timeout.ms: 5000 }`
    })
    const readers = await Promise.all([1, 2].map(() => Agent.start({
      pipeline: `
inputs:
  - { name: kafka, brokers: '${server.brokers}', topics: tiers, group_id: tiers, format: json, unwrap: on, rdkafka.auto.offset.reset: earliest, rdkafka.session.timeout.ms: 6000, rdkafka.retry.backoff.ms: 200 }
outputs:
  - { name: stdout, match: '*', format: json_lines }`
    })))
    const writers = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => new Writer(`${sender.logs}/${name}.log`, name))
    const checker = new Checker()
    const seen = (): boolean => {
      const fresh = new Checker()
      for (const line of readers.flatMap((reader) => reader.stdout().split('\n'))) fresh.take(line)
      Object.assign(checker, { streams: fresh.streams, repeats: fresh.repeats })
      return fresh.missing(writers).length === 0 && fresh.total > 0
    }
    for (const writer of writers) writer.write(500)
    await eventually(() => `the first lines\n${readers[0]!.running.tail()}`, seen, { timeout: 60_000, interval: 200 })
    await server.kill()
    for (const writer of writers) writer.write(500)
    await server.restart()
    for (const writer of writers) writer.write(500)
    await eventually(() => `all lines\n${sender.running.tail(5)}\n${readers[0]!.running.tail(5)}`, seen, { timeout: 90_000, interval: 200 })
    expect(checker.missing(writers)).toEqual([])
    for (const agent of [sender, ...readers]) {
      await eventually('nothing waits', async () => Object.values((await agent.ledger()).outputs).every(({ waiting }) => total(waiting) === 0))
      expect(imbalances(await agent.ledger())).toEqual([])
      expect((await agent.stop()).code).toBe(0)
    }
    const sent = await server.read('tiers')
    expect([sent.length, new Set(sent.map(({ headers }) => headers['fantail-id'])).size]).toEqual([9000, 9000])
    // both ended in good order: the group is where delivery ended
    const admin = server.client().admin()
    await admin.connect()
    const offsets = await admin.fetchOffsets({ groupId: 'tiers', topics: ['tiers'] })
    await admin.disconnect()
    expect(offsets.flatMap(({ partitions }) => partitions.map(({ offset }) => Number(offset))).reduce((sum, offset) => sum + offset, 0)).toBe(9000)
  })
})
