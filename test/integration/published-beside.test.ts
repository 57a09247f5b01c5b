/**
 * Published configurations for CloudWatch run by Fantail and by Fluent Bit on equal nodes, with instance metadata (credentials
 * too), the kubelet and CloudWatch Logs where a node has them: both make the same log groups, streams and records.
 */
import { CloudWatchLogsClient, DescribeLogGroupsCommand, DescribeLogStreamsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { fantail } from '../support/agent.ts'
import { makeCertificate } from '../support/certificate.ts'
import type { Running } from '../support/process.ts'
import { journalEntries, makeFiles } from '../support/published-node.ts'
import { containerInsights, published, startOnNode, type Files } from '../support/published.ts'
import { hasFluentBit } from '../support/servers/fluent-bit.ts'
import { journalRemote, JournalWriter } from '../support/servers/journald.ts'
import { moto, startMoto, type MotoServer } from '../support/servers/moto.ts'
import { describeWith, onPath } from '../support/servers/server.ts'
import { tempFolder } from '../support/temp.ts'
import { eventually } from '../support/wait.ts'

const REGION = 'eu-central-1'
const ENDPOINT = `logs.${REGION}.amazonaws.com`
const able = published && hasFluentBit && process.getuid?.() === 0 && onPath('ip')

/** Messages by stream by group. */
type Sent = Record<string, Record<string, unknown[]>>

if (!able) it.skip('published configurations beside Fluent Bit [skipped: needs them, fluent-bit on the PATH, root and ip]', () => undefined)

if (able) await describeWith([moto, journalRemote], 'beside Fluent Bit', () => {
  let server: MotoServer
  let relay: net.Server
  let client: CloudWatchLogsClient
  let running: Running | undefined
  const folder = tempFolder('beside')
  const socket = path.join(folder, 'cloudwatch')
  const { key, certificate } = makeCertificate(folder, 'node', 2, [ENDPOINT, 'kubernetes.default.svc'])
  beforeAll(async () => {
    server = await startMoto()
    client = new CloudWatchLogsClient({ endpoint: server.url, region: REGION, credentials: { accessKeyId: 'key', secretAccessKey: 'secret' } })
    relay = net.createServer((one) => {
      const onward = net.connect(server.port, '127.0.0.1')
      one.pipe(onward).pipe(one)
      for (const end of [one, onward]) end.on('error', () => { one.destroy(); onward.destroy() })
    })
    await new Promise<void>((listening) => { relay.listen(socket, listening) })
  }, 180_000)
  afterEach(async () => { await running?.stop() })
  afterAll(async () => {
    client.destroy()
    relay.close()
    await server.stop()
  })

  async function sent (): Promise<Sent> {
    const found: Sent = {}
    const { logGroups = [] } = await client.send(new DescribeLogGroupsCommand({}))
    for (const { logGroupName = '' } of logGroups) {
      const streams = (found[logGroupName] = {} as Record<string, unknown[]>)
      const { logStreams = [] } = await client.send(new DescribeLogStreamsCommand({ logGroupName }))
      for (const { logStreamName = '' } of logStreams) {
        const { events = [] } = await client.send(new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true }))
        streams[logStreamName] = events.map(({ message = '', timestamp }) => ({ timestamp, ...(JSON.parse(message) as object) }))
      }
    }
    return found
  }

  /** What an agent sends of a node. */
  async function run (command: string, files: Files): Promise<Sent> {
    await server.reset()
    const node = makeFiles()
    const journal = new JournalWriter(node.journal)
    journal.write(journalEntries)
    await journal.close()
    const pods = path.join(node.layout.root, 'pods.json')
    writeFileSync(pods, JSON.stringify({ kind: 'PodList', apiVersion: 'v1', items: [node.app, node.proxy].map(({ pod, name, id }) => ({
      metadata: { name: pod.name, namespace: pod.namespace, uid: `uid-of-${pod.name}`, labels: { app: name }, annotations: { note: 'x' } },
      spec: { nodeName: 'ip-10-0-0-1.internal', containers: [{ name }] },
      status: {
        phase: 'Running', podIP: '10.0.0.7',
        containerStatuses: [{ name, image: `registry.example/${name}:1`, imageID: `registry.example/${name}@sha256:${'1'.repeat(64)}`, containerID: `containerd://${id}` }]
      }
    })) }))
    const account = path.join(node.layout.root, 'var/run/secrets/kubernetes.io/serviceaccount')
    mkdirSync(account, { recursive: true })
    writeFileSync(path.join(account, 'token'), 'node-token')
    writeFileSync(path.join(account, 'namespace'), 'amazon-cloudwatch')
    copyFileSync(certificate, path.join(account, 'ca.crt'))
    running = startOnNode({
      root: node.layout.root,
      files,
      command,
      services: [key, certificate, pods, socket],
      hosts: `127.0.0.1 ${ENDPOINT} kubernetes.default.svc\n`,
      env: {
        AWS_REGION: REGION, CLUSTER_NAME: 'shop', HTTP_SERVER: 'Off', HTTP_PORT: '2020', READ_FROM_HEAD: 'On', READ_FROM_TAIL: 'Off',
        HOST_NAME: 'ip-10-0-0-1.internal', NODE_EXTRA_CA_CERTS: certificate
      }
    })
    // until nothing more has come for a while
    let [count, since] = [0, Date.now()]
    await eventually(() => `something, and then no more\n${running!.tail(40)}`, async () => {
      const now = Object.values(await sent()).flatMap((streams) => Object.values(streams)).flat().length
      if (now !== count) [count, since] = [now, Date.now()]
      return count > 0 && Date.now() - since > 10_000
    }, { timeout: 90_000, interval: 500 })
    await running.stop()
    return sent()
  }

  /** Without what differs from run to run: the ids of containers, which are made of the pod's, and times. */
  const comparable = (found: Sent): unknown => JSON.parse(
    JSON.stringify(found, (name, value: unknown) => (name === 'timestamp' || name === 'time' ? typeof value : value)).replaceAll(/[0-9a-f]{64}/g, 'ID')
  )

  // its other layout names the output of the image's Go plugin, which Fluent Bit itself does not have
  it('Container Insights', async () => {
    const theirs = comparable(await run('fluent-bit', containerInsights('fluent-bit.yaml')))
    const ours = comparable(await run(fantail, containerInsights('fluent-bit.yaml')))
    expect(ours).toEqual(theirs)
  }, 240_000)
})
