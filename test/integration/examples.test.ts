/**
 * The examples run: each is loaded as it stands, and the pipelines of a node deliver what a node has, in the places where
 * it has it. Only places differ: below a folder, and at local stand-ins of the destinations.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { afterEach, expect, it } from 'vitest'
import { FakeBroker } from '../lib/kafka/fake-broker.ts'
import { fantail } from '../support/agent.ts'
import { Collector } from '../support/collector.ts'
import { CloudwatchLogsFake, KEYS } from '../support/fakes/cloudwatch-logs.ts'
import { NodeLayout } from '../support/node-layout.ts'
import { Running } from '../support/process.ts'
import { journalRemote, JournalWriter } from '../support/servers/journald.ts'
import { describeWith } from '../support/servers/server.ts'
import { freePort, tempFolder } from '../support/temp.ts'
import { eventually } from '../support/wait.ts'

const examples = path.join(import.meta.dirname, '../../examples/node-logs')
const runnable = readdirSync(examples).filter((name) => name.endsWith('.yaml') && readFileSync(path.join(examples, name), 'utf8').includes('includes:'))
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const variables = {
  AWS_REGION: 'eu-central-1', CLUSTER_NAME: 'shop', HOST_NAME: 'ip-10-0-1-2', ELASTICSEARCH_HOST: '127.0.0.1', KAFKA_BROKERS: '127.0.0.1:9092', S3_BUCKET: 'logs',
  AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey, AWS_EC2_METADATA_DISABLED: 'true'
}

it.each(runnable)('%s is right as it stands', async (name) => {
  const folder = tempFolder('example')
  const running = new Running({
    command: fantail, args: ['validate', '-c', path.join(examples, name)], env: { ...process.env, ...variables }, log: path.join(folder, 'log')
  })
  expect((await running.exited).code, readFileSync(path.join(folder, 'log'), 'utf8')).toBe(0)
})

/** A node with logs of all three kinds. */
async function node(root: string): Promise<NodeLayout> {
  const layout = new NodeLayout(root)
  layout.pod({ namespace: 'shop', name: 'web-1' }).container('web').write(['{"level":"info","n":1}', 'plain'])
  layout.pod({ namespace: 'kube-system', name: 'coredns-5d7' }).container('coredns').write(['coredns says'])
  layout.pod({ namespace: 'kube-system', name: 'aws-node-x' }).container('aws-node').write(['cni says'])
  layout.hostFile('dmesg').write(['Linux version 5.10'])
  layout.hostFile('messages').write(['started'], 'systemd[1]')
  layout.hostFile('secure').write(['Accepted publickey'], 'sshd[77]')
  const journal = new JournalWriter(path.join(root, 'var/log/journal', '0123456789abcdef'.repeat(2), 'system.journal'))
  const common = { _HOSTNAME: 'ip-10-0-1-2', PRIORITY: '6' }
  journal.write([
    { ...common, _SYSTEMD_UNIT: 'kubelet.service', _TRANSPORT: 'stdout', MESSAGE: 'kubelet says', SYSLOG_IDENTIFIER: 'kubelet' },
    { ...common, _SYSTEMD_UNIT: 'containerd.service', _TRANSPORT: 'stdout', MESSAGE: 'containerd says', SYSLOG_FACILITY: '9' },
    { ...common, PRIORITY: '7', _TRANSPORT: 'kernel', MESSAGE: 'kernel says' },
    { ...common, _SYSTEMD_UNIT: 'sshd.service', MESSAGE: 'sshd says', SYSLOG_FACILITY: '10', SYSLOG_IDENTIFIER: 'sshd', SYSLOG_PID: '77' }
  ])
  await journal.close()
  return layout
}

interface Places {
  readonly cloudwatch: CloudwatchLogsFake
  readonly search: Collector
  readonly broker: FakeBroker
}

/** Runs an example on a node below a folder until it is closed. */
async function run(name: string): Promise<Places> {
  const folder = tempFolder('example')
  const cloudwatch = new CloudwatchLogsFake()
  const port = await cloudwatch.listen()
  const [search, broker] = [await Collector.start(), await FakeBroker.start()]
  search.keep = 100
  for (const kind of Object.keys(expected)) broker.topics.set(`eks-${kind}`, 1)
  closers.push(() => cloudwatch.close(), () => search.stop(), () => broker.stop())
  const layout = await node(folder)
  closers.push(() => layout.close())
  const config = path.join(folder, 'config')
  mkdirSync(config)
  for (const file of readdirSync(examples)) {
    writeFileSync(path.join(config, file), readFileSync(path.join(examples, file), 'utf8')
      .replaceAll('/var/l', `${folder}/var/l`)
      .replaceAll('region: ${AWS_REGION}', `region: \${AWS_REGION}\n      endpoint: http://127.0.0.1:${port}`)
      .replaceAll('port: 9200', `port: ${search.port}`)
      .replaceAll('match: application.*\n      kube_tag_prefix: application.', `match: application.*\n      kube_tag_prefix: application.${folder.slice(1).replaceAll('/', '.')}.`)
      .replace('http_port: 2020', `http_port: ${await freePort()}`))
  }
  const running = new Running({
    command: fantail,
    args: ['run', '-c', path.join(config, name)],
    env: { ...process.env, ...variables, KAFKA_BROKERS: `127.0.0.1:${broker.port}` },
    log: path.join(folder, 'log')
  })
  closers.push(() => running.stop())
  return { cloudwatch, search, broker }
}

const texts = (messages: readonly string[]): unknown[] => messages.map((message) => {
  const record = JSON.parse(message) as Readonly<Record<string, unknown>>
  return record['log'] ?? record['message']
}).sort()

const group = ({ cloudwatch }: Places, kind: string): string[] =>
  [...cloudwatch.groups.get(`/aws/containerinsights/shop/${kind}`)?.streams.values() ?? []].flatMap((events) => events.map(({ message }) => message))

const expected = {
  application: ['plain', '{"level":"info","n":1}'],
  dataplane: ['cni says', 'containerd says', 'coredns says', 'kubelet says'],
  host: ['kernel says', 'kubelet says', 'sshd says']
}

async function all(what: string, count: (kind: keyof typeof expected) => number): Promise<void> {
  await eventually(`${what}: everything delivered`, () => (Object.keys(expected) as (keyof typeof expected)[]).every((kind) => count(kind) >= expected[kind].length), { timeout: 40_000 })
}

await describeWith([journalRemote], 'the logs of a node', () => {
  it('reach CloudWatch, Elasticsearch and Kafka at once, each kind in its place', async () => {
    const places = await run('all.yaml')
    await all('CloudWatch', (kind) => group(places, kind).length)
    for (const kind of Object.keys(expected) as (keyof typeof expected)[]) expect(texts(group(places, kind))).toEqual([...expected[kind]].sort())
    const [application = '{}'] = group(places, 'application').filter((message) => message.includes('info'))
    expect(JSON.parse(application)).toMatchObject({ stream: 'stdout', log_processed: { level: 'info' }, kubernetes: { pod_name: 'web-1', namespace_name: 'shop' } })
    const streams = [...places.cloudwatch.groups.get('/aws/containerinsights/shop/dataplane')!.streams.keys()]
    expect(streams).toContain('ip-10-0-1-2-dataplane.systemd.kubelet.service')
    const unit = group(places, 'dataplane').find((message) => message.includes('kubelet says'))
    expect(JSON.parse(unit ?? '')).toEqual({ hostname: 'ip-10-0-1-2', systemd_unit: 'kubelet.service', message: 'kubelet says' })
    const login = group(places, 'host').find((message) => message.includes('sshd says'))
    expect(JSON.parse(login ?? '')).toEqual({ host: 'ip-10-0-1-2', message: 'sshd says', ident: 'sshd', pid: '77' })
    const { broker, search } = places
    await all('Kafka', (kind) => broker.stored.filter(({ topic }) => topic === `eks-${kind}`).length)
    await eventually('Elasticsearch: everything delivered', () => search.kept.length >= 9)
    expect(search.kept.length).toBe(9)
  }, 90_000)

  it('of Amazon Linux 2 come from its files', async () => {
    const places = await run('cloudwatch-al2.yaml')
    await eventually('everything delivered', () => group(places, 'host').length >= 3 && group(places, 'dataplane').length >= 4, { timeout: 40_000 })
    expect(texts(group(places, 'host'))).toEqual(['Accepted publickey', '[    0.000000] Linux version 5.10', 'started'])
    const login = group(places, 'host').find((message) => message.includes('publickey'))
    expect(JSON.parse(login ?? '')).toEqual({ host: 'ip-10-0-1-2', ident: 'sshd', pid: '77', message: 'Accepted publickey' })
  }, 60_000)
})
