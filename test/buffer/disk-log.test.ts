import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemDisk, type Disk } from '../../src/buffer/disk-log.ts'
import { openStore } from '../../src/buffer/open-store.ts'
import { inputImbalance, outputImbalance } from '../../src/event/ledger.ts'
import { Source, copyOf, drain, makeDirectory, pause, range, storeOptions } from './make-frames.ts'

/** A disk that takes `room` more bytes, then fails with `code`, some bytes of the last write written. */
class FailingDisk implements Disk {
  room = Infinity
  code = 'ENOSPC'

  write(fd: number, bytes: Buffer, from: number, length: number, at: number): number {
    if (this.room <= 0) throw Object.assign(new Error(this.code), { code: this.code, syscall: 'write' })
    const took = systemDisk.write(fd, bytes, from, Math.min(length, this.room), at)
    this.room -= took
    return took
  }
}

const canMount = process.platform === 'linux' && process.getuid?.() === 0 && (() => {
  const probe = fs.mkdtempSync('/tmp/fantail-mount-')
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe], { stdio: 'ignore' })
    execFileSync('umount', [probe], { stdio: 'ignore' })
    return true
  } catch {
    return false
  } finally {
    fs.rmSync(probe, { recursive: true })
  }
})()

describe('DiskLog', () => {
  it.each(['ENOSPC', 'EDQUOT', 'EIO'])('keeps frames in memory while writes fail with %s, and writes them in order later', async (code) => {
    const directory = makeDirectory()
    const disk = new FailingDisk()
    disk.code = code
    const store = await openStore(storeOptions(directory, ['a', 'b']), { disk })
    const source = new Source('d', 'disk')
    source.append(store, 2, ['a', 'b'])
    disk.room = 100
    for (let i = 0; i < 4; i++) source.append(store, 2, ['a', 'b'])
    expect(store.hasRoom('disk')).toBe(false)
    expect(store.usage()).toMatchObject({ diskFull: true })
    expect(store.usage().memoryBytes).toBeGreaterThan(100)
    let told = 0
    store.whenRoom('disk', () => told++)
    // outputs get what is in memory meanwhile
    expect(drain(store, 'a')).toEqual(range('d', 0, 10))
    disk.room = Infinity
    await pause(1200)
    expect([told, store.hasRoom('disk'), store.usage().diskFull]).toEqual([1, true, false])
    source.append(store, 1, ['a', 'b'])
    await pause(80)
    const after = await openStore(storeOptions(copyOf(directory), ['a', 'b']))
    expect(after.recovery).toMatchObject({ tornBytes: 0, corruptFrames: 0 })
    expect(after.recovered[0]!.covered).toEqual([[0, 110]])
    expect(drain(after, 'a')).toEqual(['d:10'])
    expect(drain(after, 'b')).toEqual(range('d', 0, 11))
    await after.close()
    await store.close()
  })

  it('takes frames when the disk is full already at the start', async () => {
    const directory = makeDirectory()
    const disk = new FailingDisk()
    disk.room = 0
    const store = await openStore(storeOptions(directory, ['a']), { disk })
    const source = new Source('d', 'disk')
    source.append(store, 2, ['a'])
    expect(drain(store, 'a')).toEqual(['d:0', 'd:1'])
    disk.room = Infinity
    await store.close()
    const after = await openStore(storeOptions(directory, ['a']))
    expect(after.recovered[0]!.covered).toEqual([[0, 20]])
    expect(drain(after, 'a')).toEqual([])
    await after.close()
  })

  it('lets inputs that keep their data in memory go on while the disk is full', async () => {
    const directory = makeDirectory()
    const disk = new FailingDisk()
    const store = await openStore(storeOptions(directory, ['a']), { disk })
    disk.room = 0
    const memory = new Source('m', 'memory')
    memory.append(store, 2, ['a'])
    expect(store.hasRoom('memory')).toBe(true)
    expect(drain(store, 'a')).toEqual(['m:0', 'm:1'])
    disk.room = Infinity
    await store.close()
    const after = await openStore(storeOptions(directory, ['a']))
    expect(after.recovered[0]).toMatchObject({ covered: [[0, 20]], identity: memory.stream.identity })
    expect(after.ledger().outputs.get('a')).toMatchObject({ routed: 2, delivered: 2 })
    await after.close()
  })

  it('has everything in order whatever the moments at which the disk is full', async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(fc.record({ amount: fc.integer({ min: 1, max: 3 }), room: fc.oneof(fc.constant(Infinity), fc.nat(3000)), size: fc.constantFrom(0, 900) }),
        { maxLength: 25 }),
      async (steps) => {
        const directory = makeDirectory()
        const disk = new FailingDisk()
        const store = await openStore(storeOptions(directory, ['a', 'b']), { disk, segmentSize: 3000 })
        const source = new Source('d', 'disk')
        for (const { amount, room, size } of steps) {
          disk.room = room
          source.append(store, amount, ['a', 'b'], size)
        }
        const taken = drain(store, 'a')
        expect(taken).toEqual(range('d', 0, source.next))
        disk.room = Infinity
        await store.close()
        const after = await openStore(storeOptions(directory, ['a', 'b']))
        expect(drain(after, 'a')).toEqual([])
        expect(drain(after, 'b')).toEqual(range('d', 0, source.next))
        for (const terms of after.ledger().inputs.values()) expect(inputImbalance(terms)).toBe(0)
        for (const terms of after.ledger().outputs.values()) expect(outputImbalance(terms)).toBe(0)
        await after.close()
      }), { numRuns: 40 })
  }, 30_000)

  it.skipIf(!canMount)('survives a file system that is full and goes on when there is room (needs root for a tmpfs)', async () => {
    const directory = makeDirectory()
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory])
    onTestFinished(() => { execFileSync('umount', ['-l', directory]) })
    const store = await openStore(storeOptions(directory, ['a']), { segmentSize: 100_000 })
    const source = new Source('d', 'disk')
    while (store.hasRoom('disk')) source.append(store, 10, ['a'], 1000)
    source.append(store, 10, ['a'], 1000)
    expect(store.usage().diskFull).toBe(true)
    expect(fs.statfsSync(directory).bfree * 4096).toBeLessThan(100_000)
    const queue = store.queue('a')
    expect(queue.waiting().records).toBe(source.next)
    // what is acknowledged makes room for what waits
    expect(drain(store, 'a')).toEqual(range('d', 0, source.next))
    await pause(1500)
    expect(store.usage().diskFull).toBe(false)
    expect(store.hasRoom('disk')).toBe(true)
    await store.close()
    const after = await openStore(storeOptions(directory, ['a']))
    expect(after.recovered[0]!.covered).toEqual([[0, source.next * 10]])
    expect(after.ledger().outputs.get('a')).toMatchObject({ routed: source.next, delivered: source.next, waiting: 0 })
    await after.close()
  }, 30_000)

  it('names segments by the first sequence number they may hold', async () => {
    const directory = makeDirectory()
    const store = await openStore(storeOptions(directory, ['a']), { segmentSize: 1000 })
    const source = new Source('d', 'disk')
    for (let i = 0; i < 3; i++) source.append(store, 1, ['a'], 5000)
    expect(fs.readdirSync(path.join(directory, 'log'))).toEqual(
      ['0000000000000001.log', '0000000000000002.log', '0000000000000003.log'])
    await store.close()
  })
})
