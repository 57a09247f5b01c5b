import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { s3 } from '../../src/outputs/s3.ts'
import { PluginError } from '../../src/plugin/context.ts'
import { KEPT, REFUSED, type Output, type Verdict } from '../../src/plugin/output.ts'
import { makeBatch, type RecordSpec } from '../event/make-batch.ts'
import { KEYS, S3Fake, type Fault, type S3Request } from '../support/fakes/s3.ts'
import { tempFolder } from '../support/temp.ts'
import { eventually } from '../support/wait.ts'
import { never, optionsOf, outcomes, outputContext, type TestContext } from './output-context.ts'

let fake: S3Fake
let port: number
let folder: string
let context: TestContext
const made: Output[] = []

beforeEach(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = KEYS.accessKeyId
  process.env['AWS_SECRET_ACCESS_KEY'] = KEYS.secretAccessKey
  fake = new S3Fake()
  port = await fake.listen()
  folder = tempFolder('s3')
})
afterEach(async () => {
  for (const output of made.splice(0)) await output.close?.()
  await fake.close()
})

async function start(set: { [name: string]: unknown } = {}, over: Partial<TestContext> = {}): Promise<Output> {
  context = { ...outputContext({ net: { io_timeout: 1000 } }), stateDirectory: () => folder, ...over }
  const output = await s3.create(optionsOf(s3, { bucket: 'logs', region: 'eu-central-1', endpoint: `http://127.0.0.1:${port}`, ...set }), context)
  made.push(output)
  await output.open?.()
  return output
}

/** As the end of a process: what is under way is cut. */
async function end(output: Output): Promise<void> {
  made.splice(made.indexOf(output), 1)
  await output.close?.()
}

let next = 0
function records(bodies: readonly object[], over: Partial<RecordSpec> = {}): readonly RecordSpec[] {
  return bodies.map((body) => ({ body, nanos: 0, start: next++ * 100, ...over }))
}

/** Records of half a megabyte each. */
const large = (count: number): readonly RecordSpec[] => records(Array.from({ length: count }, (_, n) => ({ n, pad: 'x'.repeat(500_000) })))

function numbers(body: Buffer): number[] {
  return body.toString().trimEnd().split('\n').map((line) => (JSON.parse(line) as { n: number }).n)
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const only = (): Buffer => [...fake.objects.values()][0]!.body

describe('records', () => {
  test('are kept until the object is complete, and delivered when it is there', async () => {
    const output = await start({ content_type: 'text/x', canned_acl: 'private', storage_class: 'STANDARD_IA', send_content_md5: true })
    expect(outcomes(await output.write(makeBatch(records([{ n: 0 }, { n: 1 }])), never))).toEqual([KEPT, KEPT])
    expect(outcomes(await output.write(makeBatch(records([{ n: 2 }], { tag: 'b.c' })), never))).toEqual([KEPT])
    expect(output.kept?.()).toMatchObject({ routed: 0, delivered: 0, waiting: 3 })
    expect(fake.requests).toEqual([])
    await output.finish?.()
    expect(output.kept?.()).toMatchObject({ delivered: 3, waiting: 0 })
    const [first, second] = [...fake.objects]
    expect(first?.[0]).toMatch(/^fluent-bit-logs\/app\/2026\/11\/22\/10\/00\/00-object\w{8}$/)
    expect(second?.[0]).toMatch(/^fluent-bit-logs\/b\.c\/2026\/11\/22\/10\/00\/00-object\w{8}$/)
    expect(first?.[1].body.toString()).toBe('{"date":"2026-11-22T10:00:00.000000Z","n":0}\n{"date":"2026-11-22T10:00:00.000000Z","n":1}\n')
    expect(first?.[1].headers).toMatchObject({ 'content-type': 'text/x', 'x-amz-acl': 'private', 'x-amz-storage-class': 'STANDARD_IA' })
    expect(first?.[1].headers['content-md5']).toBeDefined()
  })

  test('are compressed', async () => {
    for (const [compression, open] of [['gzip', gunzipSync], ['zstd', zstdDecompressSync]] as const) {
      const output = await start({ compression, s3_key_format: `/${compression}/$UUID` })
      await output.write(makeBatch(records([{ n: 0 }, { n: 1 }])), never)
      await output.finish?.()
      const [, object] = [...fake.objects].find(([key]) => key.startsWith(compression))!
      expect(object.headers['content-encoding']).toBe(compression)
      expect(numbers(open(object.body))).toEqual([0, 1])
      await end(output)
    }
  })

  test('are one value each with log_key; one without it is refused', async () => {
    const output = await start({ log_key: 'log' })
    const verdict = await output.write(makeBatch(records([{ log: 'a"é\n' }, { n: 1 }, { log: { x: 1 } }, { log: 'plain' }])), never)
    expect(outcomes(verdict)).toEqual([KEPT, REFUSED, KEPT, KEPT])
    await output.finish?.()
    expect(only().toString()).toBe('a"é\n\n{"x":1}\nplain\n')
    expect(output.kept?.()).toMatchObject({ delivered: 3, waiting: 0 })
  })

  test('make an object when it is large enough, or old enough', async () => {
    const output = await start({ total_file_size: 1_000_000, upload_timeout: 300 })
    await output.write(makeBatch(large(2)), never)
    await eventually('the large one', () => fake.made === 1)
    await output.write(makeBatch(records([{ n: 7 }])), never)
    expect(fake.made).toBe(1)
    await eventually('the old one', () => fake.made === 2)
    await eventually('it is noted', () => output.kept?.().waiting === 0)
  })
})

describe('an object in parts', () => {
  const parts = { total_file_size: 12_000_000, s3_key_format: '/k/$INDEX' }

  test('has parts of the size that was asked for', async () => {
    const output = await start({ ...parts, compression: undefined })
    await output.write(makeBatch(large(24)), never)
    await eventually('delivered', () => output.kept?.().delivered === 24)
    expect(fake.requests.map(({ operation, part }) => `${operation} ${part}`)).toEqual([
      'CreateMultipartUpload 0', 'UploadPart 1', 'UploadPart 2', 'UploadPart 3', 'CompleteMultipartUpload 0'
    ])
    expect(numbers(fake.objects.get('k/0')!.body)).toEqual(range(24))
  })

  test('is sent whole with use_put_object', async () => {
    const output = await start({ ...parts, use_put_object: true })
    await output.write(makeBatch(large(24)), never)
    await eventually('delivered', () => output.kept?.().delivered === 24)
    expect(fake.requests.map(({ operation }) => operation)).toEqual(['PutObject'])
  })

  test('goes on behind the last part that was taken, after an end in its middle', async () => {
    let output = await start(parts)
    fake.fault = ({ part }) => (part === 2 ? { kind: 'hang' } : undefined)
    await output.write(makeBatch(large(24)), never)
    await eventually('in its middle', () => fake.requests.some(({ part }) => part === 2))
    await end(output)
    fake.fault = () => undefined
    fake.requests.length = 0
    output = await start(parts)
    await eventually('delivered', () => output.kept?.().delivered === 24)
    expect(fake.requests.map(({ operation, part }) => `${operation} ${part}`)).toEqual(['UploadPart 2', 'UploadPart 3', 'CompleteMultipartUpload 0'])
    expect(numbers(fake.objects.get('k/0')!.body)).toEqual(range(24))
    expect([fake.made, fake.uploads.size]).toEqual([1, 0])
  })

  test.each(['lost', 'torn'] as const)('whose completion was answered and the answer %s is there once', async (kind) => {
    const output = await start({ ...parts, auto_retry_requests: false })
    let first = true
    fake.fault = ({ operation }) => {
      if (operation !== 'CompleteMultipartUpload' || !first) return undefined
      first = false
      return { kind }
    }
    await output.write(makeBatch(large(24)), never)
    await eventually('delivered', () => output.kept?.().delivered === 24)
    expect(fake.made).toBe(1)
    expect(fake.requests.at(-1)?.operation).toBe('HeadObject')
  })

  test('that may not be looked at is sent once more under its key', async () => {
    const output = await start({ ...parts, auto_retry_requests: false })
    let first = true
    fake.fault = ({ operation }) => {
      if (operation === 'HeadObject') return { kind: 'error', status: 403, code: 'AccessDenied' }
      if (operation !== 'CompleteMultipartUpload' || !first) return undefined
      first = false
      return { kind: 'lost' }
    }
    await output.write(makeBatch(large(24)), never)
    await eventually('delivered', () => output.kept?.().delivered === 24)
    expect([...fake.objects.keys()]).toEqual(['k/0'])
    expect(numbers(fake.objects.get('k/0')!.body)).toEqual(range(24))
  })

  test('whose upload somebody has let go of is sent anew', async () => {
    const output = await start(parts)
    fake.fault = ({ part }) => {
      if (part === 3 && fake.uploads.has('upload-1')) fake.uploads.clear()
      return undefined
    }
    await output.write(makeBatch(large(24)), never)
    await eventually('delivered', () => output.kept?.().delivered === 24)
    expect(numbers(fake.objects.get('k/0')!.body)).toEqual(range(24))
  })
})

describe('while S3 fails', () => {
  test.each<[string, (request: S3Request, n: number) => Fault | undefined]>([
    ['answers 503 SlowDown', (_, n) => (n < 3 ? { kind: 'error', status: 503, code: 'SlowDown', headers: { 'retry-after': '0' } } : undefined)],
    ['answers 500', (_, n) => (n < 3 ? { kind: 'error', status: 500, code: 'InternalError' } : undefined)],
    ['knows no bucket yet', (_, n) => (n < 3 ? { kind: 'error', status: 404, code: 'NoSuchBucket' } : undefined)],
    ['refuses credentials', (_, n) => (n < 3 ? { kind: 'error', status: 403, code: 'ExpiredToken' } : undefined)],
    ['resets', (_, n) => (n < 5 ? { kind: 'reset' } : undefined)],
    ['hangs', (_, n) => (n < 2 ? { kind: 'hang' } : undefined)],
    ['tears its answers', (_, n) => (n % 2 === 1 ? { kind: 'torn' } : undefined)],
    ['loses its answers', (_, n) => (n % 2 === 1 ? { kind: 'lost' } : undefined)],
    ['fails in a 200', ({ operation }, n) => (operation !== 'PutObject' && n % 2 === 1 ? { kind: 'error-in-200' } : undefined)]
  ])('(%s) nothing is lost and each object is there once', async (_, fault) => {
    const output = await start({ total_file_size: 6_000_000, s3_key_format: '/k/$INDEX' })
    fake.fault = fault
    await output.write(makeBatch(large(12)), never)
    await output.write(makeBatch(records([{ n: 0 }], { tag: 'b' })), never)
    void output.finish?.()
    await eventually('delivered', () => output.kept?.().delivered === 13, { timeout: 20_000 })
    const all = [...fake.objects].sort().map(([key, { body }]) => [key, numbers(body)])
    expect(all).toEqual([['k/0', range(12)], ['k/1', [0]]])
  })

  test('no more records are taken, so that they wait in the buffer', async () => {
    const output = await start({ total_file_size: 1_000_000 }, { retry: { base: 300, cap: 300, limit: undefined } })
    fake.fault = () => ({ kind: 'error', status: 503, code: 'SlowDown' })
    await output.write(makeBatch(large(2)), never)
    let verdict: Verdict | undefined
    await eventually('it refuses', async () => (verdict = await output.write(makeBatch(records([{ n: 5 }])), never)).kind === 'retry')
    expect(verdict).toMatchObject({ kind: 'retry', reason: 'HTTP 503: SlowDown: as told', throttled: true })
    fake.fault = () => undefined
    await eventually('it takes again', async () => (await output.write(makeBatch(records([{ n: 5 }])), never)).kind === 'partial')
  })

  test('beyond retry_limit an object is put aside, counted', async () => {
    const output = await start({ total_file_size: 1_000_000 }, { retry: { base: 1, cap: 2, limit: 2 } })
    fake.fault = () => ({ kind: 'error', status: 403, code: 'AccessDenied' })
    await output.write(makeBatch(large(2)), never)
    await eventually('given up', () => output.kept?.().waiting === 0)
    expect(output.kept?.()).toMatchObject({ delivered: 0, dropped: { quarantined: 2 } })
    expect(fake.requests).toHaveLength(3)
  })
})

describe('after a kill', () => {
  test('records whose frames come again are there once, in the object that was begun', async () => {
    let output = await start({})
    const first = makeBatch(records([{ n: 0 }, { n: 1 }]))
    await output.write(first, never)
    await end(output)
    output = await start({})
    expect(output.kept?.()).toMatchObject({ waiting: 2 })
    expect(outcomes(await output.write(first, never))).toEqual([KEPT, KEPT])
    await output.write(makeBatch(records([{ n: 2 }])), never)
    expect(output.kept?.()).toMatchObject({ waiting: 3 })
    await output.finish?.()
    expect(numbers(only())).toEqual([0, 1, 2])
  })
})

test('a full store takes no more, and what is in it goes out early', async () => {
  const output = await start({ store_dir_limit_size: 2_000_000 })
  await output.write(makeBatch(large(3)), never)
  fake.fault = () => ({ kind: 'hang' })
  expect(outcomes(await output.write(makeBatch(large(2)), never))).toEqual([KEPT, KEPT])
  expect(await output.write(makeBatch(large(1)), never)).toMatchObject({ kind: 'retry' })
  fake.fault = () => undefined
  await eventually('room again', async () => (await output.write(makeBatch(large(1)), never)).kind === 'partial', { timeout: 20_000 })
})

test.each([
  [{ total_file_size: 10 }, 'total_file_size'], [{ total_file_size: 2e9, use_put_object: true }, 'total_file_size'],
  [{ upload_chunk_size: 1e6 }, 'upload_chunk_size'], [{ endpoint: 'ftp://x' }, 'endpoint'], [{ endpoint: 'http://' }, 'endpoint']
])('%j is refused', (set, option) => {
  expect(() => s3.create(optionsOf(s3, { bucket: 'b', ...set }), outputContext())).toThrow(expect.objectContaining({ option }))
  expect(PluginError).toBeDefined()
})
