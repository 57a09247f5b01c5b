import { describe, expect, it } from 'vitest'
import { openStore } from '../../src/buffer/open-store.ts'
import { Source, delivered, drain, makeDirectory, numbersIn, storeOptions } from './make-frames.ts'

const half = 700 * 1024

/** A store with a ring of 1 MB; what it tells of records given up. */
async function ring(outputs: readonly string[]): Promise<{ store: Awaited<ReturnType<typeof openStore>>, told: unknown[] }> {
  const told: unknown[] = []
  const gaveUp = (...all: unknown[]): number => told.push(all)
  return { store: await openStore(storeOptions(makeDirectory(), outputs, { gaveUp })), told }
}

describe('an input with storage.type memrb', () => {
  it('never waits: the oldest records make room for the newest, counted and told', async () => {
    const { store, told } = await ring(['a'])
    const source = new Source('r', 'ring')
    for (let i = 0; i < 5; i++) source.append(store, 1, ['a'], half)
    expect([store.hasRoom('ring'), store.memoryOf('ring') < 1 << 20]).toEqual([true, true])
    expect(store.ledger().outputs.get('a')).toMatchObject({ routed: 5, delivered: 0, dropped: { memrb: 4 }, waiting: 1 })
    expect(told).toEqual(Array.from({ length: 4 }, () => ['a', 'memrb', 1]))
    const { frames, bytes } = store.ringDropsOf('ring')
    expect([frames, Math.round(bytes / half)]).toEqual([4, 4])
    expect(drain(store, 'a')).toEqual(['r:4'])
    await store.close()
  })

  it('does not take away what an output has begun with', async () => {
    const { store } = await ring(['a', 'b'])
    const source = new Source('r', 'ring')
    source.append(store, 1, ['a', 'b'], half)
    const begun = store.queue('a').take()!
    source.append(store, 1, ['a', 'b'], half)
    expect(store.hasRoom('ring')).toBe(false)
    source.append(store, 1, ['a', 'b'], half)
    expect(numbersIn(begun, 'a')).toEqual(['r:0'])
    store.queue('a').done(begun, delivered(1))
    expect([store.hasRoom('ring'), drain(store, 'a'), drain(store, 'b')]).toEqual([true, ['r:2'], ['r:2']])
    expect(store.ledger().outputs.get('a')).toMatchObject({ delivered: 2, dropped: { memrb: 1 } })
    expect(store.ledger().outputs.get('b')).toMatchObject({ delivered: 1, dropped: { memrb: 2 } })
    await store.close()
  })

  it('takes what was given back, too, and keeps a record that is larger than the ring', async () => {
    const { store } = await ring(['a'])
    const source = new Source('r', 'ring')
    source.append(store, 1, ['a'], half)
    store.queue('a').untake(store.queue('a').take()!)
    source.append(store, 1, ['a'], 2 << 20)
    expect([store.hasRoom('ring'), drain(store, 'a'), store.hasRoom('ring')]).toEqual([false, ['r:1'], true])
    await store.close()
  })

  it('does not read again what it gave up, and keeps what it still holds through a stop', async () => {
    const directory = makeDirectory()
    const first = await openStore(storeOptions(directory, ['a']))
    const source = new Source('r', 'ring')
    for (let i = 0; i < 3; i++) source.append(first, 1, ['a'], half)
    await first.close()
    const second = await openStore(storeOptions(directory, ['a']))
    expect(second.recovered.map(({ covered }) => covered)).toEqual([[[0, 30]]])
    expect(drain(second, 'a')).toEqual(['r:2'])
    expect(second.ledger().outputs.get('a')).toMatchObject({ routed: 3, delivered: 1, dropped: { memrb: 2 }, waiting: 0 })
    await second.close()
  })

  it('leaves other inputs alone', async () => {
    const { store } = await ring(['a'])
    const memory = new Source('m', 'memory')
    memory.append(store, 1, ['a'], half)
    const source = new Source('r', 'ring')
    for (let i = 0; i < 3; i++) source.append(store, 1, ['a'], half)
    expect(drain(store, 'a')).toEqual(['m:0', 'r:2'])
    await store.close()
  })
})
