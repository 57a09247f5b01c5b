/** Kafka 4.1.2 from Maven Central: one broker or three, in KRaft mode, with every kind of listener. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import { Running } from '../process.ts'
import { freePort, tempFolder } from '../temp.ts'
import { eventually } from '../wait.ts'
import { cached } from './cache.ts'
import { compile, fetchJars, jdk, requireMaven } from './maven.ts'
import { debian, onPath } from './server.ts'
import type { Requirement } from './server.ts'

const exec = promisify(execFile)
const version = '4.1.2'
const clusterId = 'MkU3OEVBNTcwNTJENDM2Qg'

function home (): Promise<string> {
  requireMaven()
  return cached(`kafka-${version}-1`, async (folder) => {
    await fetchJars(folder, `kafka-${version}`, [`org.apache.kafka:kafka_2.13:${version}`, 'org.apache.logging.log4j:log4j-slf4j-impl:2.25.3'])
    writeFileSync(path.join(folder, 'log4j2.yaml'), `Configuration:
  Appenders:
    Console: {name: STDOUT, target: SYSTEM_OUT, PatternLayout: {pattern: "%d %p %c{1} %m%n"}}
  Loggers:
    Root: {level: INFO, AppenderRef: {ref: STDOUT}}
`)
  })
}

/** Folder of our class that checks tokens of MSK's IAM login; see java/MskValidator.java. */
async function mskValidator (): Promise<string> {
  const lib = await home()
  return cached(`kafka-${version}-msk-1`, async (folder) => { await compile(await jdk(17), folder, 'MskValidator', '.', [''], path.join(lib, 'lib')) })
}

export const kafka: Requirement = { name: `Kafka ${version}`, prepare: async () => { await home() } }
export const kcat: Requirement = { name: 'kcat', prepare: () => debian('kcat', ['kcat']) }

export interface KafkaOptions {
  readonly brokers?: 1 | 3
  /** Listeners with TLS, mTLS and SASL too (one broker only). */
  readonly secure?: boolean
  /** More lines of server.properties. */
  readonly settings?: Readonly<Record<string, string>>
  /** Java heap in MB. */
  readonly heap?: number
}

const listeners = ['PLAIN', 'CONTROLLER', 'TLS', 'MTLS', 'SASLPLAIN', 'SASLTLS', 'MSK'] as const
type Listener = (typeof listeners)[number]

interface Node {
  readonly id: number
  readonly ports: Readonly<Record<Listener, number>>
  readonly properties: string
  running: Running | undefined
  /** How often it was started; its log has a line for each. */
  starts: number
}

export interface ConsumedMessage {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly headers: Readonly<Record<string, string>>
  readonly payload: string
}

export class KafkaServer {
  readonly folder: string
  readonly #home: string
  readonly #nodes: readonly Node[]
  readonly #heap: number
  readonly #classes: string

  private constructor (folder: string, kafkaHome: string, classes: string, nodes: readonly Node[], heap: number) {
    this.#classes = classes
    this.folder = folder
    this.#home = kafkaHome
    this.#nodes = nodes
    this.#heap = heap
  }

  static async start (options: KafkaOptions = {}): Promise<KafkaServer> {
    const { brokers = 1, secure = false, settings = {}, heap = brokers === 1 ? 384 : 256 } = options
    const folder = tempFolder('kafka')
    const kafkaHome = await home()
    if (secure) await certificates(folder)
    const nodes: Node[] = []
    for (let id = 1; id <= brokers; id++) {
      const ports = Object.fromEntries(await Promise.all(listeners.map(async (name) => [name, await freePort()] as const)))
      nodes.push({ id, ports: ports as Node['ports'], properties: path.join(folder, `${id}.properties`), running: undefined, starts: 0 })
    }
    const voters = nodes.map(({ id, ports }) => `${id}@127.0.0.1:${ports.CONTROLLER}`).join(',')
    for (const node of nodes) writeFileSync(node.properties, propertiesOf(node, voters, brokers, secure, settings))
    const server = new KafkaServer(folder, kafkaHome, `${path.join(kafkaHome, 'lib', '*')}${secure ? `:${await mskValidator()}` : ''}`, nodes, heap)
    for (const { properties } of nodes) await server.#format(properties, secure)
    await Promise.all(nodes.map(({ id }) => server.restart(id)))
    return server
  }

  /** The plain listeners, as a list with commas. */
  get brokers (): string {
    return this.#nodes.map(({ ports }) => `127.0.0.1:${ports.PLAIN}`).join(',')
  }

  /** A listener of the first broker, by a name that its certificate is for. */
  listener (name: Exclude<Listener, 'CONTROLLER'>): string {
    return `localhost:${this.#nodes[0]!.ports[name]}`
  }

  tls (name: string): string {
    return path.join(this.folder, 'tls', name)
  }

  pid (id = 1): number {
    return this.#node(id).running?.pid ?? 0
  }

  #node (id: number): Node {
    return this.#nodes[id - 1]!
  }

  async #format (properties: string, secure: boolean): Promise<void> {
    const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((name) => ['--add-scram', `${name}=[name=bob,password=bob-secret]`])
    await exec('java', ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', path.join(this.#home, 'lib', '*'), 'kafka.tools.StorageTool', 'format',
      '-t', clusterId, '-c', properties, ...(secure ? users : [])], { cwd: this.folder })
  }

  /** Starts a broker (again) with its ports and data, and waits until it answers. */
  async restart (id = 1): Promise<void> {
    const node = this.#node(id)
    await node.running?.stop()
    const running = new Running({
      command: 'java',
      args: ['-Xms64m', `-Xmx${this.#heap}m`, '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', this.#classes,
        `-Dlog4j2.configurationFile=${path.join(this.#home, 'log4j2.yaml')}`, 'kafka.Kafka', node.properties],
      cwd: this.folder,
      log: path.join(this.folder, `broker-${id}.log`)
    })
    node.running = running
    const starts = ++node.starts
    await eventually(() => `Kafka ${id} ready\n${running.tail()}`, () => {
      if (!running.alive) return 'gone'
      return readFileSync(running.log, 'utf8').split('Kafka Server started').length > starts
    }, { timeout: 300_000, interval: 100 })
    if (!running.alive) throw new Error(`Kafka ${id} ended at start:\n${running.tail(40)}`)
  }

  /** kill -9. */
  async kill (id = 1): Promise<void> {
    await this.#node(id).running?.kill()
  }

  async stop (): Promise<void> {
    await Promise.all(this.#nodes.map(async ({ running }) => { await running?.stop() }))
    if (process.env['FANTAIL_KEEP'] === undefined) rmSync(this.folder, { recursive: true, force: true })
  }

  client (): Kafka {
    return new Kafka({ clientId: 'test', brokers: this.brokers.split(','), logLevel: logLevel.NOTHING })
  }

  async createTopic (topic: string, partitions = 3): Promise<void> {
    await this.createTopics([topic], partitions)
  }

  async createTopics (topics: readonly string[], partitions = 3): Promise<void> {
    const admin = this.client().admin()
    await admin.connect()
    try {
      await admin.createTopics({
        topics: topics.map((topic) => ({ topic, numPartitions: partitions, replicationFactor: this.#nodes.length })),
        waitForLeaders: false
      })
    } finally {
      await admin.disconnect()
    }
    for (const topic of topics) {
      await eventually(`leaders of ${topic}`, async () => {
        const leaders = await this.leaders(topic)
        return leaders.length === partitions && leaders.every((leader) => leader > 0)
      }, { interval: 200 })
    }
  }

  async addPartitions (topic: string, count: number): Promise<void> {
    const admin = this.client().admin()
    await admin.connect()
    await admin.createPartitions({ topicPartitions: [{ topic, count }] })
    await admin.disconnect()
  }

  /** Ids of the leaders of a topic's partitions. */
  async leaders (topic: string): Promise<number[]> {
    const admin = this.client().admin()
    await admin.connect()
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      return (topics[0]?.partitions ?? []).map(({ leader }) => leader)
    } finally {
      await admin.disconnect()
    }
  }

  /** All messages of a topic, read by kcat, which checks their checksums. */
  async read (topic: string): Promise<ConsumedMessage[]> {
    const messages: ConsumedMessage[] = []
    await this.each(topic, (message) => { messages.push(message) })
    return messages
  }

  /** As `read`, for topics with more messages than there is room for. */
  async each (topic: string, take: (message: ConsumedMessage) => void): Promise<void> {
    const args = ['-C', '-J', '-q', '-e', '-t', topic, '-b', this.brokers, '-o', 'beginning', '-X', 'check.crcs=true', '-X', 'topic.metadata.refresh.interval.ms=500']
    const kcat = spawn('kcat', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let errors = ''
    kcat.stderr.setEncoding('utf8').on('data', (text: string) => { errors += text })
    const ended = once(kcat, 'close')
    for await (const line of createInterface({ input: kcat.stdout })) {
      if (line === '') continue
      const { partition, offset, key, payload, headers = [] } = JSON.parse(line) as {
        partition: number, offset: number, key: string | null, payload: string, headers?: string[]
      }
      const pairs: [string, string][] = []
      for (let i = 0; i < headers.length; i += 2) pairs.push([headers[i]!, headers[i + 1]!])
      take({ topic, partition, offset, key, payload, headers: Object.fromEntries(pairs) })
    }
    const [code] = await ended as [number | null]
    if (code !== 0) throw new Error(`kcat ended with ${String(code)}: ${errors}`)
  }
}

function propertiesOf (
  { id, ports }: Pick<Node, 'id' | 'ports'>, voters: string, brokers: number, secure: boolean, settings: Readonly<Record<string, string>>
): string {
  const used = listeners.filter((name) => secure || name === 'PLAIN' || name === 'CONTROLLER')
  const address = (name: Listener): string => `${name}://${secure && name !== 'PLAIN' && name !== 'CONTROLLER' ? 'localhost' : '127.0.0.1'}:${ports[name]}`
  const jaas = 'org.apache.kafka.common.security'
  const sasl = ['saslplain', 'sasltls'].flatMap((name) => [
    [`listener.name.${name}.plain.sasl.jaas.config`, `${jaas}.plain.PlainLoginModule required user_alice="alice-secret";`],
    [`listener.name.${name}.scram-sha-256.sasl.jaas.config`, `${jaas}.scram.ScramLoginModule required;`],
    [`listener.name.${name}.scram-sha-512.sasl.jaas.config`, `${jaas}.scram.ScramLoginModule required;`],
    [`listener.name.${name}.oauthbearer.sasl.jaas.config`, `${jaas}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`],
    [`listener.name.${name}.connections.max.reauth.ms`, '4000']
  ])
  const msk = [
    ['listener.name.msk.sasl.enabled.mechanisms', 'OAUTHBEARER'],
    ['listener.name.msk.oauthbearer.sasl.jaas.config', `${jaas}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`],
    ['listener.name.msk.oauthbearer.sasl.server.callback.handler.class', 'MskValidator']
  ]
  const replicas = String(brokers)
  const lines: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(id),
    'controller.quorum.voters': voters,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAIN',
    'listeners': used.map(address).join(','),
    'advertised.listeners': used.filter((name) => name !== 'CONTROLLER').map(address).join(','),
    'listener.security.protocol.map': 'PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL,MTLS:SSL,SASLPLAIN:SASL_PLAINTEXT,SASLTLS:SASL_SSL,MSK:SASL_SSL',
    'log.dirs': `data/${id}`,
    'num.partitions': '3',
    'default.replication.factor': replicas,
    'min.insync.replicas': brokers === 3 ? '2' : '1',
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': brokers === 3 ? '2' : '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'broker.session.timeout.ms': '6000',
    'broker.heartbeat.interval.ms': '1000',
    'auto.create.topics.enable': 'false',
    ...(secure ? {
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      ...Object.fromEntries([...sasl, ...msk]) as Record<string, string>,
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': 'tls/srv.pem',
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': 'tls/ca.crt',
      'listener.name.mtls.ssl.client.auth': 'required'
    } : {}),
    ...settings
  }
  return Object.entries(lines).map(([name, value]) => `${name}=${value}\n`).join('')
}

/** An authority, a certificate for localhost, one for a client. */
async function certificates (folder: string): Promise<void> {
  if (!onPath('openssl')) throw new Error('needs openssl')
  const cwd = path.join(folder, 'tls')
  mkdirSync(cwd)
  const openssl = async (...args: string[]): Promise<void> => { await exec('openssl', args, { cwd }) }
  await openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=test-ca', '-keyout', 'ca.key', '-out', 'ca.crt')
  writeFileSync(path.join(cwd, 'names'), 'subjectAltName=DNS:localhost\n')
  for (const [file, name] of [['srv', 'localhost'], ['cli', 'client']] as const) {
    await openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-keyout', `${file}.key`, '-out', `${file}.csr`)
    await openssl('x509', '-req', '-in', `${file}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30', '-out', `${file}.crt`, '-extfile', 'names')
  }
  writeFileSync(path.join(cwd, 'srv.pem'), readFileSync(path.join(cwd, 'srv.key'), 'utf8') + readFileSync(path.join(cwd, 'srv.crt'), 'utf8'))
}
