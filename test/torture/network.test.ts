/**
 * Every output over a network that is slow, narrow, cuts connections or swallows what is sent: nothing is lost, memory
 * stays flat, and soon after it is well again everything has arrived.
 */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { FakeForward } from '../outputs/fake-forward.ts'
import { FakeLoki } from '../outputs/fake-loki.ts'
import { Agent } from '../support/agent.ts'
import { Checker } from '../support/checker.ts'
import { Collector } from '../support/collector.ts'
import { CloudwatchLogsFake, KEYS } from '../support/fakes/cloudwatch-logs.ts'
import { KEYS as KINESIS_KEYS, KinesisFake } from '../support/fakes/kinesis.ts'
import { KEYS as S3_KEYS, S3Fake } from '../support/fakes/s3.ts'
import { imbalances, total } from '../support/ledger.ts'
import { KafkaServer, kafka } from '../support/servers/kafka.ts'
import { describeWith, type Requirement } from '../support/servers/server.ts'
import { Toxiproxy, toxiproxy, type Proxy, type Toxic } from '../support/servers/toxiproxy.ts'
import { freePort } from '../support/temp.ts'
import { eventually, sleep } from '../support/wait.ts'
import { Writer } from '../support/writer.ts'
import { length, load } from './torture.ts'

const MB = 1024 * 1024
/** Lines per second; a line is 81 bytes and becomes some 150. */
const PACE = 1000
const seconds = length(4, 60)

interface Destination {
  readonly port: number
  readonly checker: Checker
  /** What must be done once it can be reached. */
  readonly prepare?: () => Promise<void>
  /** Looks at what has come since, where it is not told as it comes. */
  readonly look?: () => Promise<void> | void
  /** That can be looked at only when nothing comes any more: until then the ledger's word is taken. */
  readonly looksLast?: true
  stop (): Promise<void>
}

interface Case {
  readonly requires?: readonly Requirement[]
  readonly start: (own: number) => Promise<Destination>
  /** Options of the output; `{port}` is the proxy's. */
  readonly output: string
  readonly env?: NodeJS.ProcessEnv
  /** MB that it may take more than before; 40 when not set. */
  readonly memory?: number
}

async function startCollector (): Promise<Destination> {
  const collector = await Collector.start()
  return { port: collector.port, checker: collector.checker, stop: () => collector.stop() }
}

async function startLoki (): Promise<Destination> {
  const loki = new FakeLoki()
  const checker = new Checker()
  loki.taken = (line) => checker.take(line)
  return { port: await loki.listen(), checker, stop: () => loki.close() }
}

async function startForward (): Promise<Destination> {
  const server = new FakeForward()
  const checker = new Checker()
  server.behaviour = (message) => {
    for (const entry of message.entries) checker.take(JSON.stringify(entry[1]))
    server.messages.length = 0
    return 'ack'
  }
  return { port: await server.listen(), checker, stop: () => server.close() }
}

async function startCloudwatch (): Promise<Destination> {
  const fake = new CloudwatchLogsFake()
  const checker = new Checker()
  const seen = new Map<string, number>()
  const look = (): void => {
    for (const [name, events] of fake.groups.get('torture')?.streams ?? []) {
      for (const { message } of events.slice(seen.get(name) ?? 0)) checker.take(message)
      seen.set(name, events.length)
    }
  }
  return { port: await fake.listen(), checker, look, stop: () => fake.close() }
}

async function startKinesis (): Promise<Destination> {
  const fake = new KinesisFake()
  const checker = new Checker()
  let seen = 0
  const look = (): void => {
    for (; seen < fake.taken.length; seen++) for (const line of fake.taken[seen]!.data.toString().split('\n')) checker.take(line)
  }
  return { port: await fake.listen(), checker, look, stop: () => fake.close() }
}

async function startS3 (): Promise<Destination> {
  const fake = new S3Fake()
  const checker = new Checker()
  const seen = new Set<string>()
  const look = (): void => {
    for (const [key, { body }] of fake.objects) {
      if (!seen.has(key)) for (const line of body.toString().split('\n')) checker.take(line)
      seen.add(key)
    }
  }
  return { port: await fake.listen(), checker, look, stop: () => fake.close() }
}

async function startKafka (own: number): Promise<Destination> {
  const server = await KafkaServer.start({ settings: { 'advertised.listeners': `PLAIN://127.0.0.1:${own}` } })
  const checker = new Checker()
  const look = async (): Promise<void> => {
    for (const { payload } of await server.read('torture')) checker.take(payload)
  }
  return { port: Number(server.brokers.split(':')[1]), checker, prepare: () => server.createTopic('torture', 2), look, looksLast: true, stop: () => server.stop() }
}

/** The keys that a stand-in of AWS knows. */
const credentials = ({ accessKeyId, secretAccessKey }: typeof KINESIS_KEYS): NodeJS.ProcessEnv => (
  { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
)

const cases: Readonly<Record<string, Case>> = {
  http: { start: startCollector, output: 'name: http, host: 127.0.0.1, port: {port}, uri: /in, format: json_lines, http.response_timeout: 3s' },
  es: { start: startCollector, output: 'name: es, host: 127.0.0.1, port: {port}, index: x, net.io_timeout: 3s' },
  opensearch: { start: startCollector, output: 'name: opensearch, host: 127.0.0.1, port: {port}, index: x, compress: gzip, net.io_timeout: 3s' },
  loki: { start: startLoki, output: 'name: loki, host: 127.0.0.1, port: {port}, net.io_timeout: 3s' },
  forward: { start: startForward, output: 'name: forward, host: 127.0.0.1, port: {port}, net.io_timeout: 3s' },
  cloudwatch_logs: {
    start: startCloudwatch,
    output: 'name: cloudwatch_logs, region: eu-central-1, endpoint: "http://127.0.0.1:{port}", log_group_name: torture, log_stream_name: s, '
      + 'auto_create_group: on, net.io_timeout: 3s',
    env: credentials(KEYS)
  },
  kinesis_streams: {
    start: startKinesis, env: credentials(KINESIS_KEYS),
    output: 'name: kinesis_streams, region: eu-central-1, endpoint: "http://127.0.0.1:{port}", stream: logs, net.io_timeout: 3s'
  },
  kinesis_firehose: {
    start: startKinesis, env: credentials(KINESIS_KEYS),
    output: 'name: kinesis_firehose, region: eu-central-1, endpoint: "http://127.0.0.1:{port}", delivery_stream: logs, net.io_timeout: 3s'
  },
  s3: {
    start: startS3, env: credentials(S3_KEYS),
    output: 'name: s3, region: eu-central-1, endpoint: "http://127.0.0.1:{port}", bucket: logs, use_put_object: on, upload_timeout: 1s, net.io_timeout: 3s'
  },
  'kafka by kafkajs': {
    // the library holds each message as an object
    requires: [kafka], start: startKafka, memory: 80,
    output: 'name: kafka, client: kafkajs, brokers: "127.0.0.1:{port}", topics: torture, rdkafka.request.timeout.ms: 3000, rdkafka.socket.timeout.ms: 3000'
  },
  kafka: {
    requires: [kafka], start: startKafka,
    output: 'name: kafka, brokers: "127.0.0.1:{port}", topics: torture, rdkafka.request.timeout.ms: 3000, rdkafka.socket.timeout.ms: 3000'
  }
}

const faults: Readonly<Record<string, readonly Toxic[]>> = {
  'latency of 2 s': [{ type: 'latency', stream: 'downstream', attributes: { latency: 2000 } }],
  '64 kbit/s': [
    { type: 'bandwidth', stream: 'upstream', attributes: { rate: 8 } }, { type: 'bandwidth', stream: 'downstream', attributes: { rate: 8 } }
  ],
  resets: [{ type: 'reset_peer', stream: 'downstream', attributes: { timeout: 20 } }],
  'a black hole': [{ type: 'timeout', stream: 'upstream', attributes: { timeout: 0 } }]
}

for (const [name, { requires = [], start, output, env, memory = 40 }] of Object.entries(cases)) {
  await describeWith([toxiproxy, ...requires], `${name} over a bad network`, () => {
    let proxies: Toxiproxy
    const closers: (() => unknown)[] = []
    beforeAll(async () => { proxies = await Toxiproxy.start() }, 240_000)
    afterEach(async () => {
      for (const close of closers.splice(0).reverse()) await close()
    })
    afterAll(() => proxies?.stop())

    it('nothing is lost, memory stays flat, and all is there soon after', async () => {
      const own = await freePort()
      const destination = await start(own)
      closers.push(() => destination.stop())
      const proxy: Proxy = await proxies.before(destination.port, own)
      await destination.prepare?.()
      const { checker } = destination
      const agent = await Agent.create({
        storage: 'filesystem',
        service: 'scheduler.base: 1\nscheduler.cap: 2',
        ...(env === undefined ? {} : { env: { ...env, AWS_EC2_METADATA_DISABLED: 'true' } }),
        pipeline: `
inputs:
  - { name: tail, path: '{dir}/logs/*.log', tag: app, read_from_head: on, refresh_interval: 1, storage.type: filesystem }
outputs:
  - { match: '*', ${output.replaceAll('{port}', String(own))}, net.connect_timeout: 3s }`
      })
      closers.push(() => agent.alive && agent.kill())
      const writer = new Writer(`${agent.logs}/a.log`)
      closers.push(() => writer.close())
      await agent.start()
      const arrived = async (what: string): Promise<number> => {
        const [goal, at] = [writer.count, performance.now()]
        await eventually(() => `${what}: ${checker.seen('a')} of ${goal}\n${agent.running.tail(5)}`, async () => {
          if (destination.looksLast === true) return Object.values((await agent.ledger()).outputs).every((terms) => total(terms['delivered']) >= goal)
          await destination.look?.()
          return checker.seen('a') >= goal
        }, { timeout: 60_000, interval: 100 })
        return performance.now() - at
      }
      const stopLoad = load([writer], PACE)
      await sleep(1000)
      await arrived('a good network')
      let before = 0
      const back: Record<string, number> = {}
      for (const [fault, toxics] of Object.entries(faults)) {
        for (const toxic of toxics) await proxy.add(toxic)
        await sleep(seconds * 1000)
        await proxy.heal()
        back[fault] = Math.round(await arrived(fault))
        // with latency as many requests are under way as there may be: from then on memory is to stay as it is
        if (before === 0) before = agent.rss()
      }
      await proxy.close()
      await sleep(1000)
      await proxy.heal()
      back['refused'] = Math.round(await arrived('refused'))
      await stopLoad()
      await arrived('the end')
      if (destination.looksLast === true) await destination.look?.()
      console.log(`${name}: ms until all was there ${JSON.stringify(back)}, ${checker.repeated} repeated, ${Math.round((agent.rss() - before) / MB)} MB more`)
      expect(Math.max(...Object.values(back))).toBeLessThan(30_000)
      expect(agent.rss() - before).toBeLessThan(memory * MB)
      expect(checker.missing([writer])).toEqual([])
      await eventually('everything is settled', async () => Object.values((await agent.ledger()).outputs).every((terms) => total(terms['waiting']) === 0))
      const ledger = await agent.ledger()
      expect(imbalances(ledger)).toEqual([])
      for (const terms of Object.values(ledger.outputs)) expect([total(terms['dead_lettered']), total(terms['dropped'])]).toEqual([0, 0])
      expect((await agent.stop()).code).toBe(0)
    })
  })
}
