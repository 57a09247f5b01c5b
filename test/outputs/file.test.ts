import { mkdtemp, open, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { file } from '../../src/outputs/file.ts'
import { PluginError } from '../../src/plugin/context.ts'
import { DELIVERED, REFUSED, RETRY, type Output, type Verdict } from '../../src/plugin/output.ts'
import { makeBatch, type RecordSpec } from '../event/make-batch.ts'
import { never, optionsOf, outcomes, outputContext } from './output-context.ts'
import { readAllMsgpack } from './shared/read-msgpack.ts'

let folder: string
let output: Output | undefined

beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'fantail-file-')) })
afterEach(async () => {
  vi.restoreAllMocks()
  await output?.close?.()
  output = undefined
  await rm(folder, { recursive: true })
})

async function make(set: { [name: string]: unknown } = {}): Promise<Output> {
  output = await file.create(optionsOf(file, { path: folder, file: 'out.txt', ...set }), outputContext())
  return output
}

async function write(records: readonly RecordSpec[]): Promise<Verdict> {
  return await output!.write(makeBatch(records), never)
}

async function read(name = 'out.txt'): Promise<string> {
  return await readFile(join(folder, name), 'utf8')
}

const TWO = [{ body: { m: 'x y', k: 5 }, nanos: 123_000_000 }, { body: '{"m":"a,b","k":{"z":1}}', nanos: 0 }]

test.each([
  [{}, 'app: [1795341600.123000000, {"m":"x y","k":5}]\napp: [1795341600.000000000, {"m":"a,b","k":{"z":1}}]\n'],
  [{ format: 'plain' }, '{"m":"x y","k":5}\n{"m":"a,b","k":{"z":1}}\n'],
  [{ format: 'csv' }, '1795341600.123000000,"x y",5\n1795341600.000000000,"a,b",{"z"=>1}\n'],
  [{ format: 'csv', csv_column_names: true, delimiter: 'tab' },
    'timestamp\t"m"\t"k"\n1795341600.123000000\t"x y"\t5\n1795341600.000000000\t"a,b"\t{"z"=>1}\n'],
  [{ format: 'ltsv' }, '"time":1795341600.123000\t"m":"x y"\t"k":5\n"time":1795341600.000000\t"m":"a,b"\t"k":{"z"=>1}\n'],
  [{ format: 'ltsv', label_delimiter: '=', delimiter: ' ' }, '"time"=1795341600.123000 "m"="x y" "k"=5\n"time"=1795341600.000000 "m"="a,b" "k"={"z"=>1}\n'],
  [{ format: 'template', template: '{time} {m}-{none} {k}' }, '1795341600.123000 x y- 5\n1795341600.000000 a,b- {"z"=>1}\n']
])('writes the format of %j', async (set, expected) => {
  await make(set)
  expect(await write(TWO)).toEqual({ kind: 'delivered' })
  expect(await read()).toBe(expected)
})

test('writes MessagePack', async () => {
  await make({ format: 'msgpack' })
  await write(TWO)
  expect(readAllMsgpack(await readFile(join(folder, 'out.txt')))).toMatchObject([[[{}, {}], { m: 'x y', k: 5 }], [[{}, {}], { k: { z: 1 } }]])
})

test('column names stand once, at the top', async () => {
  await make({ format: 'csv', csv_column_names: true })
  await write(TWO)
  await write(TWO)
  expect((await read()).match(/timestamp/g)).toEqual(['timestamp'])
})

test('each tag has its file when none is named; what is there is kept', async () => {
  await writeFile(join(folder, 'kube.a'), 'old\n')
  await make({ file: undefined, format: 'plain' })
  await write([{ body: { n: 1 }, tag: 'kube.a' }, { body: { n: 2 }, tag: 'kube.b' }, { body: { n: 3 }, tag: 'kube.a' }])
  expect([await read('kube.a'), await read('kube.b')]).toEqual(['old\n{"n":1}\n{"n":3}\n', '{"n":2}\n'])
})

test('a file that was moved or deleted is made anew', async () => {
  await make({ format: 'plain' })
  await write([{ body: { n: 1 } }])
  await rename(join(folder, 'out.txt'), join(folder, 'moved'))
  await write([{ body: { n: 2 } }])
  await rm(join(folder, 'out.txt'))
  await write([{ body: { n: 3 } }])
  expect([await read('moved'), await read()]).toEqual(['{"n":1}\n', '{"n":3}\n'])
})

test('the date of the record is filled in', async () => {
  await make({ file: 'a-%Y%m%d.log', enable_strftime: true, format: 'plain' })
  await write([{ body: {} }, { body: {}, seconds: 0 }])
  expect((await readdir(folder)).sort()).toEqual(['a-19700101.log', 'a-20261122.log'])
})

test('folders are made when asked for, else the records wait', async () => {
  await make({ path: join(folder, 'a/b'), format: 'plain' })
  const verdict = await write([{ body: {} }])
  expect(outcomes(verdict)).toEqual([RETRY])
  expect(verdict.kind === 'partial' && verdict.reasons.get(0)).toContain('a/b/out.txt cannot be written: ENOENT')
  await make({ path: join(folder, 'a/b'), format: 'plain', mkdir: true })
  expect((await write([{ body: {} }])).kind).toBe('delivered')
})

test('files made of records: missing values and limits', async () => {
  await make({ file: '$app.log', format: 'plain', max_dynamic_files: 2 })
  const records = ['a', 'b', undefined, 'c', 'a', '../x'].map((app) => ({ body: { app } }))
  expect(outcomes(await write(records))).toEqual([DELIVERED, DELIVERED, REFUSED, REFUSED, DELIVERED, REFUSED])
  expect(await read('a.log')).toBe('{"app":"a"}\n{"app":"a"}\n')

  await output?.close?.()
  await make({ file: '$app.log', format: 'plain', max_dynamic_files: 1, on_missing_field: 'fallback', on_limit_reached: 'fallback', fallback_file: 'rest' })
  expect((await write([{ body: { app: 'a' } }, { body: {} }, { body: { app: 'z' } }])).kind).toBe('delivered')
  expect(await read('rest')).toBe('{}\n{"app":"z"}\n')
  await expect(make({ on_missing_field: 'fallback' })).rejects.toThrow(PluginError)
})

test('a value cannot lead out of the folder', async () => {
  await make({ path: folder + '/in/$dir', file: 'x', format: 'plain', mkdir: true })
  expect(outcomes(await write([{ body: { dir: 'a/../../..' } }, { body: { dir: 'b' } }]))).toEqual([REFUSED, DELIVERED])
})

test('a full disk: whole records stay, the rest is taken back and waits', async () => {
  await make({ format: 'plain' })
  const handle = await open(join(folder, 'other'), 'w')
  const real = Object.getPrototypeOf(handle) as { write: typeof handle.write }
  type Write = (this: object, bytes: Buffer, offset: number, length: number) => Promise<{ bytesWritten: number }>
  const whole = real.write as unknown as Write
  const short = [13, 2]
  const spy = vi.spyOn(real, 'write') as unknown as { mockImplementation(write: Write): void }
  spy.mockImplementation(async function (bytes, offset) {
    const length = short.shift()
    if (length === undefined) throw new Error('ENOSPC: no space left on device')
    return await whole.call(this, bytes, offset, length)
  })
  const records = [1, 2, 3].map((n) => ({ body: { n } }))
  const verdict = await write(records)
  expect(outcomes(verdict)).toEqual([DELIVERED, RETRY, RETRY])
  expect(verdict).toMatchObject({ after: 1000 })
  expect(await read()).toBe('{"n":1}\n')
  vi.restoreAllMocks()
  await handle.close()
  await write(records.slice(1))
  expect(await read()).toBe('{"n":1}\n{"n":2}\n{"n":3}\n')
})

test('a device without room', async () => {
  await make({ path: '/dev', file: 'full', format: 'plain' })
  if (process.platform !== 'linux') return
  expect(outcomes(await write([{ body: {} }]))).toEqual([RETRY])
})

test('rotates by size, compresses, keeps as many as asked', async () => {
  await make({ format: 'plain', rotate: true, rotate_max_size: 10, rotate_max_files: 2 })
  for (let n = 0; n < 5; n++) await write([{ body: { n, text: 'longer' } }])
  await output!.close!()
  const names = (await readdir(folder)).sort()
  expect(names.length).toBe(3)
  expect(names[0]).toBe('out.txt')
  expect(await read()).toContain('"n":4')
  const kept = await Promise.all(names.slice(1).map(async (name) => gunzipSync(await readFile(join(folder, name))).toString()))
  expect(kept.join('')).toBe('{"n":2,"text":"longer"}\n{"n":3,"text":"longer"}\n')
})
