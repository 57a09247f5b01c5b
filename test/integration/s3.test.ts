/** The output s3 against moto, an implementation that is not ours, alone and in an agent that is killed. */
import { randomBytes } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { s3 } from '../../src/outputs/s3.ts'
import type { Output } from '../../src/plugin/output.ts'
import { makeBatch } from '../event/make-batch.ts'
import { never, optionsOf, outputContext } from '../outputs/output-context.ts'
import { Agent } from '../support/agent.ts'
import { KEYS, S3Fake, type Fault } from '../support/fakes/s3.ts'
import { imbalances } from '../support/ledger.ts'
import { moto, startMoto, type MotoServer } from '../support/servers/moto.ts'
import { describeWith } from '../support/servers/server.ts'
import { tempFolder } from '../support/temp.ts'
import { eventually } from '../support/wait.ts'

const env = { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey }

/** Of the files a and b each line is there, once. */
function expectOnce(bodies: readonly Buffer[], lines: number): void {
  const found = bodies.flatMap((body) => body.toString().trimEnd().split('\n')).map((line) => (JSON.parse(line) as { log: string }).log.split(' '))
  for (const file of ['a', 'b']) {
    const seen = new Uint8Array(lines)
    for (const [of, number] of found) if (of === file) seen[Number(number)]!++
    expect(seen.findIndex((times) => times !== 1), `line of ${file} that is not there once`).toBe(-1)
  }
}

await describeWith([moto], 'the output s3 for moto', () => {
  let server: MotoServer
  const made: Output[] = []
  beforeAll(async () => {
    Object.assign(process.env, env)
    server = await startMoto()
  }, 180_000)
  afterAll(async () => {
    for (const output of made) await output.close?.()
    await server.stop()
  })

  async function bucket(name: string): Promise<void> {
    expect((await fetch(`${server.url}/${name}`, { method: 'PUT' })).status).toBe(200)
  }

  /** All objects of a bucket. */
  async function objects(name: string): Promise<Map<string, { body: Buffer; etag: string; encoding: string | null }>> {
    const list = await (await fetch(`${server.url}/${name}?list-type=2`)).text()
    const found = new Map<string, { body: Buffer; etag: string; encoding: string | null }>()
    for (const [, key] of list.matchAll(/<Key>([^<]*)<\/Key>/g)) {
      const answer = await fetch(`${server.url}/${name}/${key!}`)
      expect(answer.status).toBe(200)
      // fetch undoes the encoding, if there is one
      found.set(key!, { body: Buffer.from(await answer.arrayBuffer()), etag: answer.headers.get('etag') ?? '', encoding: answer.headers.get('content-encoding') })
    }
    return found
  }

  async function make(set: { readonly [name: string]: unknown }, folder = tempFolder('s3')): Promise<Output> {
    const context = { ...outputContext(), stateDirectory: () => folder }
    const output = await s3.create(optionsOf(s3, { endpoint: server.url, region: 'eu-central-1', canned_acl: 'public-read', ...set }), context)
    made.push(output)
    await output.open?.()
    return output
  }

  it('makes objects whole and in parts, under keys with any letters', async () => {
    await bucket('first')
    const output = await make({ bucket: 'first', s3_key_format: '/a b/é+&=(x)/$TAG[1]/%Y-$INDEX', total_file_size: 12_000_000, send_content_md5: true })
    const records = Array.from({ length: 24 }, (_, n) => ({ body: { n, pad: 'x'.repeat(500_000) }, tag: 'app.one' }))
    await output.write(makeBatch(records), never)
    await output.write(makeBatch([{ body: { n: 24 }, tag: 'app.two' }]), never)
    await output.finish?.()
    const at = async (key: string): Promise<Response> => await fetch(`${server.url}/first/${key.split('/').map(encodeURIComponent).join('/')}`)
    const large = await at('a b/é+&=(x)/one/2026-0')
    expect(large.headers.get('etag')).toMatch(/-3"$/)
    expect((await large.text()).trimEnd().split('\n').map((line) => (JSON.parse(line) as { n: number }).n)).toEqual(records.map((_, n) => n))
    expect(await (await at('a b/é+&=(x)/two/2026-1')).text()).toMatch(/"n":24}\n$/)
  })

  it('says that a bucket is missing, and delivers once it is there', async () => {
    const output = await make({ bucket: 'second', compression: 'gzip', s3_key_format: '/x-$UUID.gz' })
    await output.write(makeBatch([{ body: { n: 1 } }]), never)
    void output.finish?.()
    let reason = ''
    await eventually('it fails', async () => {
      const verdict = await output.write(makeBatch([{ body: { n: 2 } }]), never)
      reason = verdict.kind === 'retry' ? verdict.reason : ''
      return reason !== ''
    })
    expect(reason).toContain('NoSuchBucket')
    await bucket('second')
    await eventually('delivered', () => output.kept?.().waiting === 0)
    const text = [...(await objects('second')).values()].map(({ body, encoding }) => (body[0] === 0x1f ? gunzipSync(body) : body).toString() + encoding).sort().join()
    expect(text).toContain('"n":1}\ngzip')
  })

  it('assumes a role', async () => {
    await bucket('third')
    const output = await make({ bucket: 'third', role_arn: 'arn:aws:iam::123456789012:role/logs', external_id: 'x', sts_endpoint: server.url })
    await output.write(makeBatch([{ body: { n: 1 } }]), never)
    await output.finish?.()
    expect((await objects('third')).size).toBe(1)
  })

  it.each(['memory', 'filesystem'] as const)('an agent (storage.type %s) that is killed has every line there once; the ledger balances', async (storage) => {
    const name = `agent-${storage}`
    await bucket(name)
    const agent = await Agent.create({
      storage,
      env,
      service: 'scheduler.base: 0.1\nscheduler.cap: 0.3\ngrace: 20',
      pipeline: `
inputs:
  - name: tail
    path: '{dir}/logs/*.log'
    tag: app.*
    read_from_head: on
outputs:
  - name: s3
    match: 'app.*'
    bucket: ${name}
    endpoint: ${server.url}
    canned_acl: public-read
    total_file_size: 12M
    upload_timeout: 3s
    json_date_key: false
    s3_key_format: /%Y/$TAG[1]-$INDEX
`
    })
    const pad = 'x'.repeat(1000)
    const lines = 15_000
    let written = 0
    const write = (until: number): void => {
      for (; written < until; written += 100) {
        for (const file of ['a', 'b']) {
          appendFileSync(path.join(agent.logs, `${file}.log`), Array.from({ length: 100 }, (_, i) => `${file} ${written + i} ${pad}\n`).join(''))
        }
      }
    }
    // killed while records are kept, while parts are on their way, and wherever it is then
    for (const [until, wait] of [[2000, 700], [14_000, 900], [lines, 400]] as const) {
      await agent.start()
      write(until)
      await new Promise((resolve) => { setTimeout(resolve, wait) })
      await agent.kill()
    }
    await agent.start()
    const terms = async (): Promise<Readonly<Record<string, unknown>>> => (await agent.ledger()).outputs['s3.0'] ?? {}
    await eventually('all is delivered', async () => (await terms())['delivered'] === lines * 2, { timeout: 60_000 })
    expect(imbalances(await agent.ledger())).toEqual([])
    await agent.stop()
    expectOnce([...(await objects(name)).values()].map(({ body }) => body), lines)
  }, 120_000)
})

describe('the agent and an S3 that misbehaves', () => {
  it('delivers every line once through faults, an outage and kills; the ledger balances', async () => {
    const fake = new S3Fake()
    const port = await fake.listen()
    const agent = await Agent.create({
      storage: 'filesystem',
      env,
      service: 'scheduler.base: 0.1\nscheduler.cap: 0.3\ngrace: 20',
      pipeline: `
inputs:
  - name: tail
    path: '{dir}/logs/*.log'
    tag: app.*
    read_from_head: on
outputs:
  - name: s3
    match: 'app.*'
    bucket: logs
    endpoint: http://127.0.0.1:${port}
    total_file_size: 6M
    upload_timeout: 1s
    compression: zstd
    json_date_key: false
    net.io_timeout: 1s
`
    })
    const kinds: readonly Fault[] = [
      { kind: 'error', status: 503, code: 'SlowDown' }, { kind: 'hang' }, { kind: 'reset' }, { kind: 'torn' }, { kind: 'lost' }, { kind: 'error-in-200' },
      { kind: 'error', status: 403, code: 'ExpiredToken' }
    ]
    let down = false
    fake.fault = ({ operation }, n) => {
      if (down) return { kind: 'reset' }
      const fault = n % 3 === 0 ? kinds[n / 3 % kinds.length] : undefined
      // only what makes an object of parts says in a 200 that it failed
      return fault?.kind === 'error-in-200' && operation !== 'CompleteMultipartUpload' ? undefined : fault
    }
    await agent.start()
    const lines = 6000
    for (let n = 0; n < lines; n += 100) {
      for (const file of ['a', 'b']) {
        appendFileSync(path.join(agent.logs, `${file}.log`), Array.from({ length: 100 }, (_, i) => `${file} ${n + i} ${randomBytes(400).toString('base64')}\n`).join(''))
      }
      if (n === 2000 || n === 4000) {
        // the second time while S3 is down
        if (n === 2000) await eventually('something arrived', () => fake.made > 0)
        await agent.kill()
        await agent.start()
      }
      if (n === 3000) down = true
      if (n === 5000) down = false
      await new Promise((resolve) => { setTimeout(resolve, 40) })
    }
    await eventually('all is delivered', async () => (await agent.ledger()).outputs['s3.0']?.['delivered'] === lines * 2, { timeout: 60_000 })
    expect(imbalances(await agent.ledger())).toEqual([])
    await agent.stop()
    await fake.close()
    expectOnce([...fake.objects.values()].map(({ body }) => zstdDecompressSync(body)), lines)
  }, 120_000)
})
