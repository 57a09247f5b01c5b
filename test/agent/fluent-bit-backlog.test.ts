import { mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { FluentBitBacklog, withFluentBitBacklog } from '../../src/agent/fluent-bit-backlog.ts'
import { RecordingIngest, makeContext } from '../inputs/recording-ingest.ts'
import { chunkBytes, eventBytes, writeChunk } from '../support/fluent-bit-chunk.ts'
import { rightPlan } from '../support/plan.ts'
import { tempFolder } from '../support/temp.ts'
import { eventually } from '../support/wait.ts'

/** Whether every chunk is covered up to the byte behind its last. */
function isTaken (ingest: RecordingIngest): boolean {
  return ingest.recovered().every(({ identity, covered }) => (covered.at(-1)?.[1] ?? 0) > Number(identity.marks['size']))
}

async function take (files: readonly string[], ingest = new RecordingIngest()): Promise<{ ingest: RecordingIngest, messages: readonly string[] }> {
  const context = makeContext(ingest)
  const backlog = new FluentBitBacklog(files, context)
  await backlog.start()
  await eventually('the backlog is taken', () => ingest.dead || isTaken(ingest))
  await backlog.stop()
  return { ingest, messages: context.report.messages }
}

async function planned (storage: string): Promise<Awaited<ReturnType<typeof rightPlan>>> {
  return withFluentBitBacklog(await rightPlan(`
service: { storage.path: ${storage} }
pipeline:
  inputs: [{ name: tail, tag: app, path: /var/log/app.log }]
  outputs: [{ name: stdout, match: '*' }]
`))
}

describe('a plan', () => {
  it('gets the backlog as its first input, when there is one', async () => {
    const storage = tempFolder('backlog')
    expect((await planned(storage)).inputs.map(({ name }) => name)).toEqual(['tail.0'])
    writeChunk(storage, 'tail.0', { tag: 'app', records: [eventBytes({ log: 'a' })] })
    expect((await planned(storage)).inputs.map(({ name }) => name)).toEqual(['storage_backlog.0', 'tail.0'])
  })

  it('takes chunks in the order of their making, whatever input and process made them', async () => {
    const storage = tempFolder('backlog')
    const names = ['9-1700000000.5.flb', '1-1700000000.40.flb', '7-1700000000.300.flb', '2-1700000001.1.flb']
    for (const [i, name] of names.entries()) {
      const folder = path.join(storage, `tail.${i % 2}`)
      mkdirSync(folder, { recursive: true })
      writeFileSync(path.join(folder, name), chunkBytes({ tag: 'app', records: [eventBytes({ log: name })] }))
    }
    const { inputs: [backlog] } = await planned(storage)
    const ingest = new RecordingIngest()
    const input = await backlog!.spec.create({}, makeContext(ingest))
    await input.start()
    await eventually('the backlog is taken', () => isTaken(ingest))
    expect(ingest.values()).toEqual(names)
  })

  it('does not count chunks that Fluent Bit had given up', async () => {
    const storage = tempFolder('backlog')
    writeChunk(storage, 'rejected', { tag: 'app', records: [eventBytes({ log: 'a' })] })
    expect((await planned(storage)).inputs.map(({ name }) => name)).toEqual(['tail.0'])
  })
})

describe('the backlog', () => {
  it('is taken with tags and times, and the files stay as they are', async () => {
    const storage = tempFolder('backlog')
    const files = [
      writeChunk(storage, 'tail.1', { tag: 'kube.a', records: [eventBytes({ log: 'one', k: 'é"' }, 17, 3), eventBytes({ log: 'two' })], slack: 500 }),
      writeChunk(storage, 'tail.0', { tag: 'kube.b', records: [eventBytes({ log: 'three' })], old: true, slack: 50 })
    ]
    const before = files.map((file) => readFileSync(file))
    const { ingest } = await take(files)
    expect(ingest.records.map(({ tag, members, seconds, nanos }) => [tag, members, seconds, nanos])).toEqual([
      ['kube.a', { log: 'one', k: 'é"' }, 17, 3], ['kube.a', { log: 'two' }, 1_700_000_000, 5], ['kube.b', { log: 'three' }, 1_700_000_000, 5]
    ])
    expect(files.map((file) => readFileSync(file))).toEqual(before)
    expect(ingest.overlaps).toEqual([])
  })

  it('is taken once, however often the agent starts', async () => {
    const storage = tempFolder('backlog')
    const files = [writeChunk(storage, 'tail.0', { tag: 'app', records: [eventBytes({ log: 'one' })] })]
    const { ingest } = await take(files)
    files.push(writeChunk(storage, 'tail.0', { tag: 'app', records: [eventBytes({ log: 'written after a return to Fluent Bit' })] }))
    await take(files, ingest)
    expect(ingest.values()).toEqual(['one'])
  })

  it('is taken whole when the agent is killed at any of its commits', async () => {
    const storage = tempFolder('backlog')
    const files = ['one', 'two', 'three'].map((log) => writeChunk(storage, 'tail.0', { tag: 'app', records: [eventBytes({ log }), eventBytes({ log: `${log}!` })] }))
    for (let killAt = 1; killAt < 5; killAt++) {
      const ingest = new RecordingIngest()
      ingest.onCommit = () => { if (ingest.commits === killAt) ingest.kill() }
      await take(files, ingest)
      ingest.revive()
      await take(files, ingest)
      expect(ingest.values()).toEqual(['one', 'one!', 'two', 'two!', 'three', 'three!'])
      expect(ingest.overlaps).toEqual([])
    }
  })

  it('says and counts once what cannot be read, and takes the rest', async () => {
    const storage = tempFolder('backlog')
    const torn = writeChunk(storage, 'tail.0', { tag: 'app', records: [eventBytes({ log: 'whole' }), Buffer.from([0x92, 0x92, 0xd7])] })
    const foreign = path.join(storage, 'tail.0', '1-1.1.flb')
    writeFileSync(foreign, 'not a chunk')
    const metrics = writeChunk(storage, 'fluentbit_metrics.0', { tag: 'm', records: [eventBytes({ log: 'x' })], type: 1 })
    const gone = writeChunk(storage, 'tail.0', { tag: 'app', records: [] })
    const last = writeChunk(storage, 'tail.0', { tag: 'app', records: [eventBytes({ log: 'last' })] })
    const ingest = new RecordingIngest()
    ingest.onCommit = () => { if (ingest.commits === 1) unlinkSync(gone) }
    const { messages } = await take([torn, foreign, metrics, gone, last], ingest)
    expect(ingest.values()).toEqual(['whole', 'last'])
    expect(ingest.dropped).toEqual({ corrupt_chunk: 2 })
    expect(messages.filter((message) => message.startsWith('A chunk'))).toEqual([
      expect.stringContaining('"reason":"no record stands at byte') as string,
      expect.stringContaining('it has no header of a chunk') as string,
      expect.stringContaining('holds no logs') as string,
      expect.stringContaining('is gone') as string
    ])
  })

  it('does not take another file under the name of one that is gone', async () => {
    const storage = tempFolder('backlog')
    const file = writeChunk(storage, 'tail.0', { tag: 'app', records: [eventBytes({ log: 'one' })] })
    const ingest = new RecordingIngest()
    ingest.onCommit = () => { if (ingest.commits === 1) ingest.kill() }
    await take([file], ingest)
    ingest.revive()
    renameSync(file, `${file}.old`)
    writeFileSync(file, chunkBytes({ tag: 'app', records: [eventBytes({ log: 'other' })] }))
    await take([file], ingest)
    expect(ingest.values()).toEqual([])
  })
})
