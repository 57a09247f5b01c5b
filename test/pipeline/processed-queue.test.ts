import { describe, expect, it } from 'vitest'
import { Batch } from '../../src/event/batch.ts'
import { emptyOutputTerms } from '../../src/event/ledger.ts'
import { Pool } from '../../src/event/pool.ts'
import { Delivery } from '../../src/pipeline/deliver.ts'
import { Parking } from '../../src/pipeline/parking.ts'
import { ProcessedQueue } from '../../src/pipeline/processed-queue.ts'
import { FilterUnit } from '../../src/pipeline/tag-path.ts'
import { DROP, KEEP, type RecordFilter } from '../../src/plugin/filter.ts'
import { delivered } from '../../src/plugin/output.ts'
import type { Frame } from '../../src/buffer/frame.ts'
import { tempFolder } from '../support/temp.ts'
import { eventually } from '../support/wait.ts'
import { FakeOutput, FakeQueue, FrameMaker, finish, letters, limits, log, meter, running, shown } from './fake-queue.ts'

const pool = new Pool()
const seen = pool.key('seen')

function unit(apply: (tag: string) => RecordFilter): FilterUnit {
  return new FilterUnit('out/own.0', () => true, { forTag: apply })
}

/** Takes out every third record, and marks the others. */
function thirds(): FilterUnit {
  return unit((tag) => (record) => {
    if (Number(record.text(record.find(pool.key('n')))) % 3 === 0) return DROP
    record.setText(seen, tag)
    return KEEP
  })
}

function bodies(frame: Frame): unknown[] {
  const batch = new Batch()
  for (const [start, end, , tag] of frame.directory.sections) for (let at = start; at < end; at += frame.words[at >>> 2]!) batch.add(frame, at, tag)
  return Array.from({ length: batch.count }, (_, i) => [batch.stream(i).uid, batch.start(i), JSON.parse(batch.bodyText(i)) as unknown])
}

describe('the queue of an output with processors', () => {
  it('gives what they leave of the output\'s records, under their identities, and counts what they take out', () => {
    const queue = new FakeQueue()
    const maker = new FrameMaker()
    const processed = new ProcessedQueue(queue, 'out', [thirds()], pool)
    const frame = maker.frame(['a', 'b', 'a', 'b'])
    queue.push(frame)
    const taken = processed.take()!
    const before = bodies(frame) as [string, number, { n: number }][]
    expect(bodies(taken)).toEqual(before.filter(([, , { n }]) => n % 3 !== 0).map(([uid, start, body]) => [uid, start, { ...body, seen: 'app' }]))
    const kept = taken.records
    processed.done(taken, { ...emptyOutputTerms(), routed: kept, delivered: kept })
    expect(queue.finished.get(frame)).toMatchObject({ routed: 4, delivered: kept, filtered: { 'out/own.0': 4 - kept } })
    expect(processed.take()).toBeUndefined()
  })

  it('gives the frame itself back, and takes it again', () => {
    const queue = new FakeQueue()
    const processed = new ProcessedQueue(queue, 'out', [thirds()], pool)
    queue.push(new FrameMaker().frame(['a']))
    processed.untake(processed.take()!)
    expect([queue.open.size, queue.waiting().records]).toEqual([0, 1])
  })

  it('passes a record on as it is when a processor throws, counted', () => {
    const queue = new FakeQueue()
    const broken = unit(() => () => { throw new Error('no') })
    const processed = new ProcessedQueue(queue, 'out', [broken], pool)
    const frame = new FrameMaker().frame(['a', 'a'])
    queue.push(frame)
    expect(bodies(processed.take()!)).toEqual(bodies(frame))
    expect(broken.failures).toBe(2)
  })

  it('works under the engine: retries, dead letters and what is set aside are of what the processors left, once', async () => {
    const queue = new FakeQueue()
    const folder = tempFolder('processed')
    const output = new FakeOutput()
    const mark = unit(() => (record) => {
      record.setText(seen, record.find(seen) < 0 ? 'once' : 'twice')
      return KEEP
    })
    const texts: string[] = []
    let tries = 0
    output.answer = (batch) => {
      if (tries++ === 0) return { kind: 'retry', reason: '503' }
      for (let i = 0; i < batch.count; i++) texts.push(batch.bodyText(i))
      return tries === 2 ? { kind: 'refused', reason: 'no' } : delivered
    }
    const delivery = new Delivery({
      name: 'out', output, limits, queue: new ProcessedQueue(queue, 'out', [mark, thirds()], pool), retry: { base: 2, cap: 6, limit: undefined },
      flush: 20, meter: meter(), log, deadLetters: letters(folder), parking: new Parking({ directory: `${folder}/parking`, output: 'out', log })
    })
    delivery.start()
    await running(queue)
    const maker = new FrameMaker()
    queue.push(maker.frame(['a', 'b', 'a']))
    await eventually('the first', () => queue.finished.size === 1)
    queue.push(maker.frame(['a', 'b', 'a']))
    await eventually('the second', () => queue.finished.size === 2)
    await finish(delivery)
    expect([...texts, ...(await shown(folder)).map(({ record }) => String(record))].filter((text) => !text.includes('"seen":"app"'))).toEqual([])
    expect(queue.terms).toMatchObject({ routed: 6, delivered: 2, dead_lettered: 2 })
  })
})
