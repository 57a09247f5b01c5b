import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../src/buffer/open-store.ts'
import { exportBuffer, forgetOutput, listBuffer, readLedger, repairBuffer, verifyBuffer } from '../../src/buffer/tools.ts'
import { inputImbalance, outputImbalance } from '../../src/event/ledger.ts'
import { Source, copyOf, delivered, drain, makeDirectory, range, storeOptions } from './make-frames.ts'

/** A buffer with two outputs, one of which is ahead, as a kill leaves it or closed. */
async function makeBuffer(isClosed = true): Promise<string> {
  const directory = makeDirectory()
  const store = await openStore(storeOptions(directory, ['ahead', 'behind']))
  const source = new Source('d', 'disk')
  for (let i = 0; i < 4; i++) source.append(store, 2, ['ahead', 'behind'])
  const queue = store.queue('ahead')
  const frames = Array.from({ length: 3 }, () => queue.take()!)
  queue.done(frames[0]!, delivered(2))
  queue.done(frames[2]!, delivered(2))
  const copy = isClosed ? directory : copyOf(directory)
  await store.close()
  return copy
}

async function exported(directory: string, options: { output?: string } = {}): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = []
  for await (const line of exportBuffer(directory, options)) lines.push(JSON.parse(line) as Record<string, unknown>)
  return lines
}

function firstLog(directory: string): string {
  return path.join(directory, 'log', fs.readdirSync(path.join(directory, 'log')).sort()[0]!)
}

function snapshotOf(directory: string): Map<string, string> {
  return new Map(['log', 'cursors'].flatMap((folder) => fs.readdirSync(path.join(directory, folder))
    .map((file) => [file, fs.readFileSync(path.join(directory, folder, file), 'latin1')] as const)))
}

describe('listBuffer', () => {
  it('tells what lies there and who waits for it, and changes nothing', async () => {
    const directory = await makeBuffer(false)
    fs.appendFileSync(firstLog(directory), 'FTL1 torn')
    const before = snapshotOf(directory)
    const listing = listBuffer(directory)
    expect(listing).toMatchObject({
      streams: 1, closedStreams: 0, tornBytes: 9, corruptFrames: 0, quarantined: [],
      segments: [{ name: '0000000000000001.log', frames: 4 }]
    })
    expect(listing.outputs).toMatchObject([
      { name: 'ahead', records: 8, frames: 4 }, { name: 'behind', records: 8, oldest: 1_700_000_000 }
    ])
    expect(snapshotOf(directory)).toEqual(before)
  })

  it('refuses a directory without a buffer', () => {
    expect(() => listBuffer(makeDirectory())).toThrow('holds no buffer')
  })
})

describe('exportBuffer', () => {
  it('gives every waiting record as a line, with who waits for it and where it comes from', async () => {
    const directory = await makeBuffer()
    const lines = await exported(directory)
    expect(lines.map(({ record }) => record)).toEqual(Array.from({ length: 8 }, (_, n) => ({ n })))
    const [one, both] = [['behind'], ['ahead', 'behind']]
    expect(lines.map(({ outputs }) => outputs)).toEqual([one, one, both, both, one, one, both, both])
    expect(lines[3]).toMatchObject({
      time: '2023-11-14T22:13:23.000000005Z', tag: 'tag', source: { path: '/logs/d', generation: 0, start: 30, end: 40 }
    })
  })

  it('gives only what one output waits for, and refuses one that it does not know', async () => {
    const directory = await makeBuffer()
    expect((await exported(directory, { output: 'ahead' })).map(({ record }) => record)).toEqual([2, 3, 6, 7].map((n) => ({ n })))
    await expect(exported(directory, { output: 'nobody' })).rejects.toThrow('there is no output nobody')
  })
})

describe('verifyBuffer', () => {
  it('has nothing to say of a sound buffer', async () => {
    expect(verifyBuffer(await makeBuffer())).toMatchObject({ segments: 1, records: 8, problems: [] })
  })

  it('names each place that is damaged', async () => {
    const directory = await makeBuffer(false)
    const log = firstLog(directory)
    const bytes = fs.readFileSync(log)
    bytes[bytes.indexOf('"n":2')]! ^= 1
    fs.writeFileSync(log, Buffer.concat([bytes, Buffer.from('FTL1')]))
    fs.writeFileSync(path.join(directory, 'cursors', 'ahead.cursor'), 'nonsense')
    expect(verifyBuffer(directory).problems).toEqual([
      expect.stringMatching(/^log\/0000000000000001\.log: \d+ bytes from \d+ are no valid frame$/),
      'log/0000000000000001.log: the last 4 bytes are a frame that was not finished',
      'cursors/ahead.cursor: neither of its slots is valid'
    ])
  })
})

describe('repairBuffer', () => {
  it('does what a start would do, after which the buffer is sound', async () => {
    const directory = await makeBuffer(false)
    const log = firstLog(directory)
    const bytes = fs.readFileSync(log)
    bytes[bytes.indexOf('"n":2')]! ^= 1
    fs.writeFileSync(log, Buffer.concat([bytes, Buffer.from('FTL1')]))
    expect(await repairBuffer(directory)).toMatchObject({ tornBytes: 4, corruptFrames: 1 })
    expect(listBuffer(directory)).toMatchObject({ tornBytes: 0, quarantined: [expect.stringMatching(/^1-\d+\.frame$/)] })
    const store = await openStore(storeOptions(directory, ['behind']))
    expect(drain(store, 'behind')).toEqual([...range('d', 0, 2), ...range('d', 4, 8)])
    await store.close()
  })

  it('refuses while an agent uses the directory', async () => {
    const directory = makeDirectory()
    const store = await openStore(storeOptions(directory, ['a']))
    await expect(repairBuffer(directory)).rejects.toThrow(`another agent uses ${directory}`)
    await store.close()
  })
})

describe('forgetOutput', () => {
  it('gives up what the output waits for, counted, and frees the space at the next start', async () => {
    const directory = await makeBuffer()
    expect(await forgetOutput(directory, 'behind')).toMatchObject({ records: 8 })
    expect(readLedger(directory).outputs['behind']).toMatchObject({ routed: 8, delivered: 0, dropped: { forgotten: 8 }, waiting: 0 })
    const store = await openStore(storeOptions(directory, ['ahead']))
    expect(store.recovery.unclaimed).toEqual([])
    drain(store, 'ahead')
    await store.close()
    const again = await openStore(storeOptions(directory, ['ahead', 'behind']))
    new Source('e', 'disk').append(again, 1, ['ahead', 'behind'])
    expect(drain(again, 'behind')).toEqual(['e:0'])
    await again.close()
  })

  it('refuses an output that it does not know', async () => {
    await expect(forgetOutput(await makeBuffer(), 'nobody')).rejects.toThrow('there is no output nobody')
  })
})

describe('readLedger', () => {
  it('balances, closed or killed', async () => {
    for (const isClosed of [true, false]) {
      const { inputs, outputs } = readLedger(await makeBuffer(isClosed))
      expect(inputs).toMatchObject({ disk: { read: 8, buffered: 8 } })
      expect(outputs).toMatchObject({
        ahead: { routed: 8, delivered: isClosed ? 4 : 0, waiting: isClosed ? 4 : 8 }, behind: { routed: 8, waiting: 8 }
      })
      for (const terms of Object.values(inputs)) expect(inputImbalance(terms)).toBe(0)
      for (const terms of Object.values(outputs)) expect(outputImbalance(terms)).toBe(0)
    }
  })
})
