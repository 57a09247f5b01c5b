import fs from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { MAX_OPEN } from '../../src/buffer/cursor-file.ts'
import { openStore } from '../../src/buffer/open-store.ts'
import { emptyOutputTerms } from '../../src/event/ledger.ts'
import { Source, delivered, drain, makeDirectory, numbersIn, storeOptions } from './make-frames.ts'

describe('Queue', () => {
  it('knows what waits: what is taken counts until it is done', async () => {
    const store = await openStore(storeOptions(makeDirectory(), ['a']))
    const queue = store.queue('a')
    const source = new Source('d', 'disk')
    source.append(store, 3, ['a'])
    source.append(store, 1, ['a'])
    const first = queue.take()!
    expect(queue.waiting()).toMatchObject({ records: 4, frames: 2, oldest: 1_700_000_000 })
    queue.done(first, delivered(3))
    expect(queue.waiting()).toMatchObject({ records: 1, frames: 1, oldest: 1_700_000_003 })
    await store.close()
  })

  it('ignores a frame that is done twice or was never taken', async () => {
    const store = await openStore(storeOptions(makeDirectory(), ['a', 'b']))
    new Source('d', 'disk').append(store, 3, ['a', 'b'])
    const queue = store.queue('a')
    const frame = queue.take()!
    queue.done(frame, delivered(3))
    queue.done(frame, delivered(3))
    queue.untake(frame)
    store.queue('b').done(frame, delivered(3))
    expect(queue.take()).toBeUndefined()
    expect(store.ledger().outputs.get('a')).toMatchObject({ delivered: 3, waiting: 0 })
    expect(store.ledger().outputs.get('b')).toMatchObject({ delivered: 0, waiting: 3 })
    await store.close()
  })

  it('has no more frames under way than its cursor can name, and says when it goes on', async () => {
    const store = await openStore(storeOptions(makeDirectory(), ['a']))
    const queue = store.queue('a')
    const source = new Source('d', 'disk')
    for (let i = 0; i < MAX_OPEN + 1; i++) source.append(store, 1, ['a'])
    await Promise.resolve()
    const frames = Array.from({ length: MAX_OPEN }, () => queue.take()!)
    expect(queue.take()).toBeUndefined()
    let told = 0
    queue.onFrame = () => told++
    queue.done(frames[7]!, delivered(1))
    expect(told).toBe(1)
    expect(numbersIn(queue.take()!, 'a')).toEqual([`d:${MAX_OPEN}`])
    await store.close()
  })

  it('loses nothing while the system cannot read, and tries again', async () => {
    const directory = makeDirectory()
    const first = await openStore(storeOptions(directory, ['a']))
    new Source('d', 'disk').append(first, 3, ['a'])
    await first.close()
    const store = await openStore(storeOptions(directory, ['a']))
    const queue = store.queue('a')
    const open = vi.spyOn(fs, 'openSync').mockImplementation(() => { throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' }) })
    expect(queue.take()).toBeUndefined()
    open.mockRestore()
    await new Promise<void>((resolve) => { queue.onFrame = resolve })
    expect(drain(store, 'a')).toEqual(['d:0', 'd:1', 'd:2'])
    expect(store.ledger().outputs.get('a')).toMatchObject({ routed: 3, delivered: 3, dropped: {} })
    await store.close()
  })

  it('keeps each part of what became of a frame', async () => {
    const store = await openStore(storeOptions(makeDirectory(), ['a']))
    const queue = store.queue('a')
    new Source('d', 'disk').append(store, 10, ['a'])
    queue.done(queue.take()!, {
      ...emptyOutputTerms(), delivered: 4, dead_lettered: 3, filtered: { throttle: 2 }, dropped: { too_old: 1 }, repeated: 5
    })
    expect(store.ledger().outputs.get('a')).toEqual({
      routed: 10, delivered: 4, fallback: 0, dead_lettered: 3, filtered: { throttle: 2 }, dropped: { too_old: 1 }, repeated: 5, waiting: 0
    })
    await store.close()
  })
})
