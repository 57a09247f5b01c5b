import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../../support/wait.ts'
import { RecordingIngest, startTail, type Agent, type TailOptions } from '../recording-ingest.ts'

let folder: string
let ingest: RecordingIngest
let agent: Agent

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gz-'))
  ingest = new RecordingIngest()
})

afterEach(async () => {
  await agent.input.stop(performance.now() + 1_000)
  rmSync(folder, { recursive: true, force: true })
  assert.deepEqual(ingest.overlaps, [])
})

async function start(given: TailOptions = {}): Promise<void> {
  agent = await startTail(ingest, { path: [join(folder, '*')], ...given })
}

async function taken(count: number): Promise<unknown[]> {
  for (let i = 0; i < 600 && ingest.records.length < count; i++) await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setTimeout(resolve, 30))
  return ingest.values()
}

test('a compressed file is read once, its last line and all its members included', async () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i}`)
  writeFileSync(join(folder, 'a.gz'), Buffer.concat([
    gzipSync(lines.slice(0, 9_000).join('\n') + '\n'), gzipSync(lines.slice(9_000).join('\n'))
  ]))
  await start()
  expect(await taken(20_000)).toEqual(lines)
  await agent.input.stop(performance.now() + 1_000)
  await start()
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(ingest.records.length).toBe(20_000)
})

test('after a kill it goes on behind what was taken', async () => {
  const lines = Array.from({ length: 50_000 }, (_, i) => `line ${i}`)
  writeFileSync(join(folder, 'a.gz'), gzipSync(lines.join('\n') + '\n'))
  ingest.onCommit = () => {
    if (ingest.records.length > 1_000) ingest.kill()
  }
  await start()
  await taken(1_001)
  await agent.input.stop(performance.now() + 1_000)
  expect(ingest.records.length).toBeLessThan(50_000)
  ingest.onCommit = () => undefined
  ingest.revive()
  await start()
  expect(await taken(50_000)).toEqual(lines)
})

test('a file that is not compressed after all is said, and does no harm', async () => {
  writeFileSync(join(folder, 'a.gz'), 'plain\n')
  writeFileSync(join(folder, 'b.log'), 'good\n')
  await start()
  expect(await taken(1)).toEqual(['good'])
  await eventually('it is said', () => agent.messages.some((message) => message.includes('compressed')))
  expect(agent.messages.filter((message) => message.includes('compressed')).length).toBe(1)
})

test('the compressed copy of a file that was read is not read again', async () => {
  const lines = Array.from({ length: 300 }, (_, i) => `line ${i}`)
  const content = lines.join('\n') + '\n'
  const path = join(folder, 'app.log')
  writeFileSync(path, content)
  await start({ rotate_wait: 50 })
  await taken(300)
  writeFileSync(join(folder, 'tmp'), gzipSync(content))
  renameSync(path, join(folder, 'app.log.1'))
  renameSync(join(folder, 'tmp'), join(folder, 'app.log.1.gz'))
  rmSync(join(folder, 'app.log.1'))
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  expect(ingest.records.length).toBe(300)
})

test('a file that was rotated and compressed while nobody looked goes on in its copy', async () => {
  const lines = Array.from({ length: 300 }, (_, i) => `line ${i}`)
  const path = join(folder, 'app.log')
  writeFileSync(path, lines.slice(0, 200).join('\n') + '\n')
  await start({ path: [path] })
  await taken(200)
  await agent.input.stop(performance.now() + 1_000)
  rmSync(path)
  writeFileSync(join(folder, 'app.log.20261122.gz'), gzipSync(lines.join('\n') + '\n'))
  writeFileSync(path, 'new\n')
  await start({ path: [path] })
  expect(await taken(301)).toEqual([...lines, 'new'])
})
