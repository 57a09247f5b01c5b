import { expect, it } from 'vitest'
import { Aside } from '../../src/pipeline/aside.ts'
import type { Outbox } from '../../src/pipeline/outbox.ts'
import type { Replay } from '../../src/pipeline/replay.ts'
import { Taken, type Origin, type Work } from '../../src/pipeline/work.ts'
import { eventually } from '../support/wait.ts'
import { FrameMaker, meter } from './fake-queue.ts'

/** Letters to be sent again, one frame at a time, and an outbox that keeps what it is given. */
function set(pieces: number) {
  const maker = new FrameMaker()
  const admitted: Origin[] = []
  const settled: unknown[] = []
  const log: string[] = []
  const replay = {
    nextLook: 0,
    async next() {
      return pieces-- > 0 ? { frame: maker.frame(['a']) } : undefined
    },
    async settle(piece: unknown) {
      settled.push(piece)
    }
  } as unknown as Replay
  const outbox = {
    taken: new Set<Taken>(),
    admit(_frame: unknown, origin: Origin, _now: number, works: Work[]) {
      admitted.push(origin)
      works.push({ full: false, alone: false } as Work)
    },
    putBack: (work: Work) => log.push(`put back ${work.full} ${work.alone}`)
  } as unknown as Outbox
  const aside = new Aside({ parking: undefined, replay, outbox, meter: meter(), wake: () => log.push('wake') })
  return { aside, admitted, settled, log, maker }
}

it('takes one frame at a time to the outbox, as batches that go alone, and the next when that one is settled', async () => {
  const { aside, admitted, settled, log, maker } = set(2)
  expect(aside.nextDue).toBe(0)
  aside.fetch(1)
  aside.fetch(1)
  await eventually('the first', () => admitted.length === 1)
  expect([aside.nextDue, log]).toEqual([Infinity, ['put back true true', 'wake']])
  admitted[0]!.settled(new Taken(maker.frame(['a']), admitted[0]!, 0))
  await eventually('its end', () => settled.length === 1 && aside.nextDue === 0)
  aside.fetch(1)
  await eventually('the second', () => admitted.length === 2)
})

it('wakes the engine when there is nothing to fetch after all', async () => {
  const { aside, log } = set(0)
  aside.fetch(1)
  await eventually('the wake', () => log.length === 1)
  expect([log, aside.nextDue]).toEqual([['wake'], 0])
})
