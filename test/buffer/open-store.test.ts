import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../src/buffer/open-store.ts'
import type { FrameStore } from '../../src/buffer/store.ts'
import { inputImbalance, outputImbalance } from '../../src/event/ledger.ts'
import { Source, copyOf, delivered, drain, makeDirectory, numbersIn, pause, range, storeOptions } from './make-frames.ts'

function expectBalance(store: FrameStore): void {
  const { inputs, outputs } = store.ledger()
  for (const [name, terms] of inputs) expect([name, inputImbalance(terms)]).toEqual([name, 0])
  for (const [name, terms] of outputs) expect([name, outputImbalance(terms)]).toEqual([name, 0])
}

describe('openStore', () => {
  it('gives each output the frames of both logs in the order in which they were appended', async () => {
    const store = await openStore(storeOptions(makeDirectory(), ['a', 'b']))
    const disk = new Source('d', 'disk')
    const memory = new Source('m', 'memory')
    disk.append(store, 2, ['a', 'b'])
    memory.append(store, 2, ['a', 'b'])
    disk.append(store, 1, ['b'])
    memory.append(store, 1, ['a'])
    expect(drain(store, 'a')).toEqual(['d:0', 'd:1', 'm:0', 'm:1', 'm:2'])
    expect(drain(store, 'b')).toEqual(['d:0', 'd:1', 'm:0', 'm:1', 'd:2'])
    expectBalance(store)
    await store.close()
  })

  it('delivers after a restart what was not done, and nothing else', async () => {
    const directory = makeDirectory()
    const first = await openStore(storeOptions(directory, ['a', 'b']))
    expect(first.firstStart).toBe(true)
    const disk = new Source('d', 'disk')
    for (let i = 0; i < 6; i++) disk.append(first, 1, ['a', 'b'])
    const frames = Array.from({ length: 5 }, () => first.queue('a').take()!)
    for (const at of [4, 0, 2]) first.queue('a').done(frames[at]!, delivered(1))
    first.queue('a').untake(frames[3]!)
    await first.close()
    const second = await openStore(storeOptions(directory, ['a', 'b']))
    expect(second.firstStart).toBe(false)
    expect(second.queue('a').waiting()).toMatchObject({ records: 3, frames: 3, oldest: 1_700_000_001 })
    expectBalance(second)
    expect(drain(second, 'a')).toEqual(['d:1', 'd:3', 'd:5'])
    expect(drain(second, 'b')).toEqual(range('d', 0, 6))
    expect(second.ledger().outputs.get('a')).toMatchObject({ routed: 6, delivered: 6, waiting: 0 })
    await second.close()
  })

  it('takes a frame that was given back before the ones behind it', async () => {
    const store = await openStore(storeOptions(makeDirectory(), ['a']))
    const disk = new Source('d', 'disk')
    for (let i = 0; i < 3; i++) disk.append(store, 1, ['a'])
    const queue = store.queue('a')
    const [one, two] = [queue.take()!, queue.take()!]
    queue.untake(two)
    queue.untake(one)
    expect(drain(store, 'a')).toEqual(range('d', 0, 3))
    expect(queue.waiting()).toEqual({ records: 0, bytes: 0, oldest: 0, frames: 0 })
    await store.close()
  })

  it('makes the position of a memory frame durable when the last output is done, with the terms of both sides', async () => {
    const directory = makeDirectory()
    const store = await openStore(storeOptions(directory, ['a', 'b']))
    const memory = new Source('m', 'memory')
    memory.append(store, 3, ['a', 'b'])
    memory.append(store, 2, ['a', 'b'])
    drain(store, 'a')
    const frame = store.queue('b').take()!
    store.queue('b').done(frame, delivered(3))
    await pause(120)
    const after = await openStore(storeOptions(copyOf(directory), ['a', 'b']))
    expect(after.recovered).toMatchObject([{ uid: memory.stream.uid, covered: [[0, 30]], identity: memory.stream.identity }])
    expect(after.ledger().inputs.get('memory')).toMatchObject({ read: 3, buffered: 3 })
    expect(after.ledger().outputs.get('a')).toMatchObject({ routed: 3, delivered: 3, waiting: 0 })
    expect(after.ledger().outputs.get('b')).toMatchObject({ routed: 3, delivered: 3, waiting: 0 })
    await after.close()
    await store.close()
  })

  it('knows a stream of a memory input before any of its data is delivered', async () => {
    const directory = makeDirectory()
    const store = await openStore(storeOptions(directory, ['a']))
    const memory = new Source('m', 'memory')
    memory.append(store, 1, ['a'])
    const after = await openStore(storeOptions(copyOf(directory), ['a']))
    expect(after.recovered).toMatchObject([{ uid: memory.stream.uid, identity: memory.stream.identity, covered: [] }])
    await after.close()
    await store.close()
  })

  it('keeps ranges that nothing came of, also of a memory input', async () => {
    const directory = makeDirectory()
    const store = await openStore(storeOptions(directory, ['a']))
    const [disk, memory] = [new Source('d', 'disk'), new Source('m', 'memory')]
    disk.filter(store, 4)
    memory.filter(store, 2)
    await store.close()
    const after = await openStore(storeOptions(directory, ['a']))
    expect(after.recovered.map(({ uid, covered }) => [uid[0], covered])).toEqual([['d', [[0, 40]]], ['m', [[0, 20]]]])
    expect(after.ledger().inputs.get('memory')).toMatchObject({ read: 2, filtered: { grep: 2 } })
    await after.close()
  })

  it('says whether a memory input has room, and when it has again below three quarters', async () => {
    const options = storeOptions(makeDirectory(), ['a'], {
      inputs: [{ name: 'memory', storage: 'memory', memoryLimit: 4000 }]
    })
    const store = await openStore(options)
    const memory = new Source('m', 'memory')
    let frames = 0
    while (store.hasRoom('memory')) {
      memory.append(store, 1, ['a'], 300)
      frames++
    }
    expect(frames).toBeGreaterThan(4)
    let told = 0
    store.whenRoom('memory', () => told++)
    const queue = store.queue('a')
    queue.done(queue.take()!, delivered(1))
    await pause(80)
    expect([told, store.hasRoom('memory')]).toEqual([0, false])
    drain(store, 'a')
    await pause(80)
    expect([told, store.hasRoom('memory')]).toEqual([1, true])
    expect(store.usage()).toMatchObject({ memoryBytes: 0, memoryFrames: 0 })
    await store.close()
  })

  it('says when every output is done with all that was appended so far, on disk and in memory', async () => {
    const store = await openStore(storeOptions(makeDirectory(), ['a', 'b']))
    const told: string[] = []
    store.whenDelivered(() => told.push('nothing'))
    const [disk, memory] = [new Source('d', 'disk'), new Source('m', 'memory')]
    disk.append(store, 1, ['a', 'b'])
    store.whenDelivered(() => told.push('disk'))
    memory.append(store, 1, ['b'])
    store.whenDelivered(() => told.push('memory'))
    const taken = store.queue('b').take()!
    drain(store, 'a')
    await pause(120)
    expect(told).toEqual(['nothing'])
    store.queue('b').done(taken, delivered(1))
    await pause(120)
    expect(told).toEqual(['nothing', 'disk'])
    drain(store, 'b')
    await pause(120)
    expect(told).toEqual(['nothing', 'disk', 'memory'])
    await store.close()
  })

  it('tells a queue of news in the next microtask', async () => {
    const store = await openStore(storeOptions(makeDirectory(), ['a']))
    let told = 0
    store.queue('a').onFrame = () => told++
    new Source('d', 'disk').append(store, 1, ['a'])
    await Promise.resolve()
    expect(told).toBe(1)
    await store.close()
  })

  it('starts a new output at the end of the log', async () => {
    const directory = makeDirectory()
    const first = await openStore(storeOptions(directory, ['a']))
    const disk = new Source('d', 'disk')
    disk.append(first, 3, ['a'])
    await first.close()
    const second = await openStore(storeOptions(directory, ['a', 'b']))
    disk.append(second, 1, ['a', 'b'])
    expect(drain(second, 'b')).toEqual(['d:3'])
    expect(drain(second, 'a')).toEqual(range('d', 0, 4))
    await second.close()
  })

  it('keeps what an output waits for while it is not configured, and says so', async () => {
    const directory = makeDirectory()
    const first = await openStore(storeOptions(directory, ['a', 'b']))
    const disk = new Source('d', 'disk')
    disk.append(first, 3, ['a', 'b'])
    drain(first, 'a')
    await first.close()
    const second = await openStore(storeOptions(directory, ['a']))
    expect(second.recovery.unclaimed).toMatchObject([{ output: 'b', records: 3 }])
    expectBalance(second)
    await second.close()
    const third = await openStore(storeOptions(directory, ['a', 'b']))
    expect(third.recovery.unclaimed).toEqual([])
    expect(drain(third, 'b')).toEqual(range('d', 0, 3))
    await third.close()
  })

  it('never uses a sequence number again, not even those that only memory held', async () => {
    let directory = makeDirectory()
    let highest = 0
    for (let start = 0; start < 3; start++) {
      const store = await openStore(storeOptions(directory, ['a']))
      const memory = new Source('m', 'memory', start * 5)
      for (let i = 0; i < 5; i++) memory.append(store, 1, ['a'])
      const frame = store.queue('a').take()!
      expect(frame.sequence).toBeGreaterThan(highest)
      highest = frame.sequence + 4
      directory = copyOf(directory)
      await store.close()
    }
  })

  it('puts what only memory holds on disk when it is closed, for those that are not done with it', async () => {
    const directory = makeDirectory()
    const store = await openStore(storeOptions(directory, ['a', 'b', 'c']))
    const memory = new Source('m', 'memory')
    memory.append(store, 3, ['a', 'b'])
    memory.append(store, 2, ['a', 'c'])
    store.queue('a').done(store.queue('a').take()!, { ...delivered(2), dropped: { late: 1 } })
    store.queue('b').untake(store.queue('b').take()!)
    await store.close()
    const after = await openStore(storeOptions(directory, ['a', 'b', 'c']))
    expect(after.recovered).toMatchObject([{ uid: memory.stream.uid, covered: [[0, 50]] }])
    expectBalance(after)
    expect(after.ledger().inputs.get('memory')).toMatchObject({ read: 5, buffered: 5 })
    expect(after.ledger().outputs.get('a')).toMatchObject({ routed: 5, delivered: 2, dropped: { late: 1 }, waiting: 2 })
    expect(drain(after, 'a')).toEqual(['m:3', 'm:4'])
    expect(drain(after, 'b')).toEqual(range('m', 0, 3))
    expect(drain(after, 'c')).toEqual(['m:3', 'm:4'])
    expectBalance(after)
    await after.close()
  })

  it('deletes segments that everybody is done with, and forgets no position', async () => {
    const directory = makeDirectory()
    const store = await openStore(storeOptions(directory, ['a'], { limit: 1e6 }))
    const disk = new Source('d', 'disk')
    for (let i = 0; i < 100; i++) {
      disk.append(store, 10, ['a'], 1000)
      drain(store, 'a')
      if (i % 10 === 0) await pause(60)
    }
    await pause(150)
    expect(store.usage().segments).toBeLessThan(4)
    await store.close()
    const after = await openStore(storeOptions(directory, ['a']))
    expect(after.recovered).toMatchObject([{ covered: [[0, 10_000]] }])
    expect(after.ledger().inputs.get('disk')).toMatchObject({ read: 1000, buffered: 1000 })
    expect(after.ledger().outputs.get('a')).toMatchObject({ routed: 1000, delivered: 1000, waiting: 0 })
    await after.close()
  })

  it('makes inputs wait at the limit of the log and go on when there is room', async () => {
    const store = await openStore(storeOptions(makeDirectory(), ['a'], { limit: 600_000 }))
    const disk = new Source('d', 'disk')
    while (store.hasRoom('disk')) disk.append(store, 10, ['a'], 1000)
    const before = store.usage().diskBytes
    expect(before).toBeGreaterThanOrEqual(600_000)
    let told = 0
    store.whenRoom('disk', () => told++)
    expect(drain(store, 'a')).toEqual(range('d', 0, disk.next))
    await pause(300)
    expect(told).toBe(1)
    expect(store.usage().diskBytes).toBeLessThan(before / 2)
    await store.close()
  })

  it('gives up the oldest frames of an output beyond its limit, counted, and leaves the others alone', async () => {
    const options = storeOptions(makeDirectory(), ['a', 'b'])
    const store = await openStore({ ...options, outputs: [{ name: 'a', totalLimit: 5000 }, { name: 'b', totalLimit: undefined }] })
    const disk = new Source('d', 'disk')
    const memory = new Source('m', 'memory')
    memory.append(store, 1, ['a'])
    for (let i = 0; i < 10; i++) disk.append(store, 1, ['a', 'b'], 1000)
    expect(store.queue('a').waiting().bytes).toBeLessThan(5200)
    expectBalance(store)
    expect(store.ledger().outputs.get('a')).toMatchObject({ routed: 11, dropped: { total_limit_size: 6 }, waiting: 5 })
    expect(drain(store, 'a')).toEqual(['m:0', ...range('d', 6, 10)])
    expect(drain(store, 'b')).toEqual(range('d', 0, 10))
    await store.close()
  })

  it('lets what waits for unconfigured outputs go when the log is at its limit', async () => {
    const directory = makeDirectory()
    const first = await openStore(storeOptions(directory, ['gone'], { limit: 600_000 }))
    const disk = new Source('d', 'disk')
    while (first.hasRoom('disk')) disk.append(first, 10, ['gone'], 1000)
    await first.close()
    const second = await openStore(storeOptions(directory, ['a'], { limit: 600_000 }))
    let told = 0
    second.whenRoom('disk', () => told++)
    await pause(300)
    expect([told, second.hasRoom('disk')]).toEqual([1, true])
    expect(second.ledger().outputs.get('gone')).toMatchObject({ dropped: { unclaimed: disk.next }, waiting: 0 })
    expectBalance(second)
    await second.close()
  })

  it('reads back from disk what is no longer in memory', async () => {
    const store = await openStore(storeOptions(makeDirectory(), ['a']))
    const disk = new Source('d', 'disk')
    for (let i = 0; i < 40; i++) disk.append(store, 500, ['a'], 1000)
    expect(drain(store, 'a')).toEqual(range('d', 0, 20_000))
    await store.close()
  })

  it('keeps taken frames whole while others are written and read', async () => {
    const store = await openStore(storeOptions(makeDirectory(), ['a', 'b']))
    const disk = new Source('d', 'disk')
    for (let i = 0; i < 20; i++) disk.append(store, 450, ['a', 'b'], 1000)
    const queue = store.queue('a')
    const frames = Array.from({ length: 20 }, () => queue.take()!)
    expect(drain(store, 'b')).toHaveLength(9000)
    for (let i = 0; i < 10; i++) disk.append(store, 450, ['a', 'b'], 1000)
    expect(frames.flatMap((frame) => numbersIn(frame, 'a'))).toEqual(range('d', 0, 9000))
    await store.close()
  })

  it('counts a frame that went bad on disk as dropped and goes on behind it', async () => {
    const directory = makeDirectory()
    const first = await openStore(storeOptions(directory, ['a', 'b']))
    const disk = new Source('d', 'disk')
    for (let i = 0; i < 3; i++) disk.append(first, 2, ['a', 'b'])
    await first.close()
    const second = await openStore(storeOptions(directory, ['a', 'b']))
    const log = path.join(directory, 'log', fs.readdirSync(path.join(directory, 'log')).sort()[0]!)
    const bytes = fs.readFileSync(log)
    bytes[bytes.indexOf('"n":2')]! ^= 1
    fs.writeFileSync(log, bytes)
    expect(drain(second, 'a')).toEqual(['d:0', 'd:1', 'd:4', 'd:5'])
    expect(drain(second, 'b')).toEqual(['d:0', 'd:1', 'd:4', 'd:5'])
    expect(second.ledger().outputs.get('a')).toMatchObject({ routed: 6, delivered: 4, dropped: { corrupt: 2 } })
    expect(second.usage().corruptFrames).toBe(1)
    expect(fs.readdirSync(path.join(directory, 'quarantine'))).toHaveLength(1)
    expectBalance(second)
    await second.close()
  })

  it('forgets closed streams when all is delivered, and only then', async () => {
    const directory = makeDirectory()
    const uids = async (): Promise<string[]> => {
      const store = await openStore(storeOptions(directory, ['a']))
      const found = store.recovered.map(({ uid }) => uid[0]!)
      await store.close()
      return found
    }
    const store = await openStore(storeOptions(directory, ['a']))
    const [kept, gone] = [new Source('k', 'disk'), new Source('g', 'disk')]
    kept.append(store, 1, ['a'])
    gone.append(store, 1, ['a'])
    gone.stream.closed = true
    store.declare('disk', [gone.stream])
    await store.close()
    await uids()
    expect(await uids()).toEqual(['k', 'g'])
    const again = await openStore(storeOptions(directory, ['a']))
    drain(again, 'a')
    await again.close()
    await uids()
    expect(await uids()).toEqual(['k'])
  })

  it('says which process uses the directory', async () => {
    const directory = makeDirectory()
    const store = await openStore(storeOptions(directory, []))
    await expect(openStore(storeOptions(directory, []))).rejects.toThrow(
      `another agent uses ${directory} (process ${process.pid})`)
    await store.close()
    await (await openStore(storeOptions(directory, []))).close()
  })

  it('does not keep corrupt frames that it is told not to, and counts them', async () => {
    const directory = makeDirectory()
    const store = await openStore(storeOptions(directory, ['a']))
    const disk = new Source('d', 'disk')
    for (let i = 0; i < 3; i++) disk.append(store, 1, ['a'], 1000)
    await store.close()
    const log = path.join(directory, 'log')
    const segment = path.join(log, fs.readdirSync(log)[0]!)
    const bytes = fs.readFileSync(segment)
    bytes.fill(0x55, 2000, 2010)
    fs.writeFileSync(segment, bytes)
    const after = await openStore(storeOptions(directory, ['a'], { keepsCorrupt: false }))
    drain(after, 'a')
    expect([after.usage().corruptFrames > 0, fs.existsSync(path.join(directory, 'quarantine'))]).toEqual([true, false])
    await after.close()
  })

  it('refuses a directory that cannot be made, with a sentence', async () => {
    const file = path.join(makeDirectory(), 'file')
    fs.writeFileSync(file, '')
    await expect(openStore(storeOptions(file, []))).rejects.toThrow(`cannot use ${file}`)
  })

  it('syncs everything on request and with every frame when asked to', async () => {
    const store = await openStore(storeOptions(makeDirectory(), ['a'], { syncEveryFrame: true }))
    const disk = new Source('d', 'disk')
    disk.append(store, 2, ['a'])
    await store.sync()
    expect(drain(store, 'a')).toEqual(['d:0', 'd:1'])
    await store.close()
  })

  it('adds what became of records that were set aside to the ledger, through a restart', async () => {
    const directory = makeDirectory()
    const store = await openStore(storeOptions(directory, ['a']))
    const queue = store.queue('a')
    new Source('d', 'disk').append(store, 3, ['a'])
    queue.done(queue.take()!, delivered(2))
    queue.count(delivered(1))
    await store.close()
    const after = await openStore(storeOptions(directory, ['a']))
    expect(after.ledger().outputs.get('a')).toMatchObject({ routed: 3, delivered: 3, waiting: 0 })
    await after.close()
  })
})
