/** Published configurations, run as they stand on the files of a node: what arrives, under which names. */
import { CloudWatchLogsClient, DescribeLogStreamsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import net from 'node:net'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { imbalances } from '../support/ledger.ts'
import type { Ledger } from '../support/agent.ts'
import { makeNode, type Node } from '../support/published-node.ts'
import type { Running } from '../support/process.ts'
import { containerInsights, eksCharts, fluentHelmCharts, published, startOnNode, type Files } from '../support/published.ts'
import { elasticsearch } from '../support/servers/elasticsearch.ts'
import { helmAndKubectl } from '../support/servers/helm.ts'
import { moto, startMoto, type MotoServer } from '../support/servers/moto.ts'
import type { SearchServer } from '../support/servers/search-server.ts'
import { describeWith, type Requirement } from '../support/servers/server.ts'
import { freePort } from '../support/temp.ts'
import { eventually } from '../support/wait.ts'

const root: Requirement = {
  name: 'root on Linux',
  prepare: async () => { if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error('a folder must become /var for the agent') }
}
const CLUSTER = 'shop'
const REGION = 'eu-central-1'
const started: Running[] = []

async function start (node: Node, files: Files, env: NodeJS.ProcessEnv, port: number, hosts = ''): Promise<Running> {
  const running = startOnNode({ root: node.layout.root, files, env, hosts })
  started.push(running)
  await eventually(() => `the agent answers\n${running.tail()}`, async () => {
    if (!running.alive) throw new Error(`it has ended: ${JSON.stringify(running.ending)}`)
    return (await fetch(`http://127.0.0.1:${port}/api/v1/uptime`)).ok
  }, { timeout: 60_000 })
  return running
}

async function ledger (port: number): Promise<Ledger> {
  return await (await fetch(`http://127.0.0.1:${port}/api/v1/ledger`)).json() as Ledger
}

async function stopAll (): Promise<void> {
  for (const running of started.splice(0)) await running.stop()
}

if (!published) describe('published configurations [skipped: none found; set FANTAIL_PUBLISHED_CONFIGS]', () => {
  it.skip('run', () => undefined)
})

if (published) await describeWith([root, moto, helmAndKubectl], 'on CloudWatch Logs', () => {
  let server: MotoServer
  let client: CloudWatchLogsClient
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }

  beforeAll(async () => {
    server = await startMoto()
    client = new CloudWatchLogsClient({ endpoint: server.url, region: REGION, credentials })
  }, 180_000)
  afterEach(async () => {
    await stopAll()
    await server.reset()
  })
  afterAll(async () => {
    client.destroy()
    await server.stop()
  })

  const environment = (port: number): NodeJS.ProcessEnv => ({
    AWS_REGION: REGION, CLUSTER_NAME: CLUSTER, HTTP_SERVER: 'On', HTTP_PORT: String(port), READ_FROM_HEAD: 'On', READ_FROM_TAIL: 'Off',
    HOST_NAME: 'ip-10-0-0-1.internal', AWS_ENDPOINT_URL: server.url, AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey, AWS_EC2_METADATA_DISABLED: 'true'
  })

  /** All records of a group, by stream. */
  async function group (name: string): Promise<Record<string, unknown[]>> {
    const { logStreams = [] } = await client.send(new DescribeLogStreamsCommand({ logGroupName: name }))
    const found: Record<string, unknown[]> = {}
    for (const { logStreamName = '' } of logStreams) {
      const { events = [] } = await client.send(new GetLogEventsCommand({ logGroupName: name, logStreamName, startFromHead: true }))
      found[logStreamName] = events.map(({ message = '' }) => JSON.parse(message) as unknown)
    }
    return found
  }

  const count = (streams: Record<string, unknown[]>): number => Object.values(streams).flat().length

  it('Container Insights', async () => {
    const node = makeNode()
    const port = await freePort()
    await start(node, containerInsights('fluent-bit.yaml'), environment(port), port)
    const at = (kind: string): string => `/aws/containerinsights/${CLUSTER}/${kind}`
    await eventually('all has arrived', async () => (await Promise.all(['application', 'dataplane', 'host'].map((kind) => group(at(kind))))).reduce((sum, streams) => sum + count(streams), 0) >= 8, { timeout: 60_000 })
    const { app, proxy } = node
    const kubernetes = { pod_name: 'front-1', namespace_name: 'web', container_name: 'nginx', docker_id: app.id }
    expect(await group(at('application'))).toEqual({
      [`ip-10-0-0-1.internal-application.var.log.containers.front-1_web_nginx-${app.id}.log`]: [
        {
          time: expect.any(String) as string, stream: 'stdout', _p: 'F', log: '{"level":"info","message":"hello"}',
          log_processed: { level: 'info', message: 'hello' }, kubernetes: expect.objectContaining(kubernetes) as object
        },
        expect.objectContaining({ log: 'plain words' }), expect.objectContaining({ log: 'x'.repeat(40_000) })
      ]
    })
    expect(await group(at('dataplane'))).toEqual({
      [`ip-10-0-0-1.internal-dataplane.tail.var.log.containers.kube-proxy-abc_kube-system_kube-proxy-${proxy.id}.log`]: [
        { time: expect.any(String) as string, stream: 'stdout', _p: 'F', log: 'rules synced' }
      ],
      'ip-10-0-0-1.internal-dataplane.systemd.kubelet.service': [{ hostname: 'ip-10-0-0-1', systemd_unit: 'kubelet.service', message: 'Started container' }]
    })
    expect(await group(at('host'))).toEqual({
      'ip-10-0-0-1.internal.host.dmesg': [{ host: 'ip-10-0-0-1', message: 'eth0: link up', ident: 'kernel' }],
      'ip-10-0-0-1.internal.host.messages': [
        { host: 'ip-10-0-0-1', message: 'Started container', ident: 'kubelet' }, { host: 'ip-10-0-0-1', message: 'eth0: link up', ident: 'kernel' }
      ],
      'ip-10-0-0-1.internal.host.secure': [{ host: 'ip-10-0-0-1', message: 'Accepted publickey', ident: 'sshd', pid: '77' }]
    })
    expect(imbalances(await ledger(port))).toEqual([])
  }, 120_000)

  it('Container Insights in the layout of Fluentd, on Docker', async () => {
    const node = makeNode()
    const port = await freePort()
    await start(node, containerInsights('fluent-bit-compatible.yaml'), environment(port), port)
    const host = (): Promise<Record<string, unknown[]>> => group(`/aws/containerinsights/${CLUSTER}/host`)
    await eventually('the host\'s has arrived', async () => count(await host()) >= 4, { timeout: 60_000 })
    expect(Object.keys(await host()).sort()).toEqual(['host.dmesg-ip-10-0-0-1', 'host.messages-ip-10-0-0-1', 'host.secure-ip-10-0-0-1'])
    const dataplane = await group(`/aws/containerinsights/${CLUSTER}/dataplane`)
    expect(Object.keys(dataplane)).toEqual(['kubelet.service-ip-10-0-0-1'])
    expect(imbalances(await ledger(port))).toEqual([])
  }, 120_000)

  it('aws-for-fluent-bit of eks-charts', async () => {
    const node = makeNode()
    const port = await freePort()
    const files = await eksCharts(`cloudWatchLogs.region=${REGION}`)
    // the port alone is ours: it is taken on the machine of the test, as it may be
    const own = { ...files, 'fluent-bit.conf': files['fluent-bit.conf']!.replace(/(HTTP_PORT\s+)2020/, `$1${port}`) }
    await start(node, own, environment(port), port)
    node.app.write(['{"after":"the start"}'])
    const all = (): Promise<Record<string, unknown[]>> => group('/aws/eks/fluentbit-cloudwatch/logs')
    const stream = `fluentbit-kube.var.log.containers.front-1_web_nginx-${node.app.id}.log`
    await eventually('the line has arrived', async () => JSON.stringify((await all())[stream] ?? []).includes('the start'), { timeout: 60_000 })
    expect((await all())[stream]?.at(-1)).toMatchObject({ stream: 'stdout', log: '{"after":"the start"}', data: { after: 'the start' }, kubernetes: { pod_name: 'front-1' } })
    expect(imbalances(await ledger(port))).toEqual([])
  }, 120_000)
})

if (published) await describeWith([root, elasticsearch, helmAndKubectl], 'on Elasticsearch', () => {
  let server: SearchServer
  let relay: net.Server
  /** The address that `elasticsearch-master` has for the agent: the configuration names its port, so this one must be free. */
  const address = '127.77.20.9'
  beforeAll(async () => {
    server = await elasticsearch.start()
    relay = net.createServer((socket) => {
      const onward = net.connect(server.port, '127.0.0.1')
      socket.pipe(onward).pipe(socket)
      for (const end of [socket, onward]) end.on('error', () => { socket.destroy(); onward.destroy() })
    })
    await new Promise<void>((listening) => relay.listen(9200, address, listening))
  }, 180_000)
  afterAll(async () => {
    await stopAll()
    relay.close()
    await server.stop()
  })

  it('the chart fluent-bit', async () => {
    const node = makeNode()
    const port = await freePort()
    const files = await fluentHelmCharts(`metricsPort=${port}`)
    // the folder that the chart mounts its ConfigMap at, which only a container has
    const own = { ...files, 'fluent-bit.conf': files['fluent-bit.conf']!.replaceAll('/fluent-bit/etc/conf/', '') }
    await start(node, own, { FANTAIL_STATE_DIR: '/var/lib/fantail' }, port, `${address} elasticsearch-master\n`)
    node.app.write(['{"after":"the start"}'])
    interface Hits { readonly hits: { readonly hits: { readonly _index: string, readonly _source: Record<string, unknown> }[] } }
    const found = async (): Promise<Hits['hits']['hits']> => {
      await server.ask('POST', '/_refresh')
      return (await server.ask<Hits>('GET', '/logstash-*/_search?q=after:start')).hits.hits
    }
    await eventually('the line has arrived', async () => (await found()).length > 0, { timeout: 60_000 })
    const [hit] = await found()
    expect(hit?._index).toMatch(/^logstash-\d{4}\.\d\d\.\d\d$/)
    // Keep_Log Off: what was merged stands alone
    expect(hit?._source).toMatchObject({ after: 'the start', stream: 'stdout', kubernetes: { pod_name: 'front-1', namespace_name: 'web' } })
    expect(hit?._source).not.toHaveProperty('log')
    expect(imbalances(await ledger(port))).toEqual([])
  }, 120_000)
})
