import { readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Batch } from '../../src/event/batch.ts'
import { emptyOutputTerms, outputImbalance } from '../../src/event/ledger.ts'
import type { Frame } from '../../src/buffer/frame.ts'
import { Delivery, type DeliveryOptions } from '../../src/pipeline/deliver.ts'
import { Parking, readParkingTerms } from '../../src/pipeline/parking.ts'
import { DELIVERED, RETRY, delivered } from '../../src/plugin/output.ts'
import { tempFolder } from '../support/temp.ts'
import { eventually } from '../support/wait.ts'
import { FakeOutput, FakeQueue, FrameMaker, finish, limits, log, meter, numbers } from './fake-queue.ts'

async function opened(directory: string, limit?: number): Promise<Parking> {
  const parking = new Parking({ directory, output: 'out', log, random: () => 0.5, ...(limit === undefined ? {} : { limit }) })
  await parking.open()
  return parking
}

function batchOf(frame: Frame, only: (index: number) => boolean = () => true): Batch {
  const batch = new Batch()
  let index = 0
  for (const [start, end, , tag] of frame.directory.sections) {
    for (let at = start; at < end; at += frame.words[at >>> 2]!) if (only(index++)) batch.add(frame, at, tag)
  }
  return batch
}

function delivery(queue: FakeQueue, output: FakeOutput, parking: Parking, over: Partial<DeliveryOptions> = {}): Delivery {
  const retry = { base: 2, cap: 6, limit: undefined }
  return new Delivery({ name: 'out', output, limits, queue, retry, flush: 5, meter: meter(), log, parking, parkAfter: 20, ...over })
}

describe('the parking', () => {
  it('gives records back as they were, after a restart too', async () => {
    const folder = tempFolder('parking')
    const maker = new FrameMaker()
    const parking = await opened(folder)
    expect(await parking.add(batchOf(maker.frame(['a', 'b', 'a'], ['out'], 'kube.x')), 'stubborn')).toBe(true)
    const again = await opened(folder)
    expect(again.records).toBe(3)
    const parked = await again.next(performance.now() + 1e6)
    const batch = batchOf(parked!.frame)
    expect(numbers(batch)).toEqual([0, 1, 2])
    expect([batch.tag(0), batch.stream(1).uid, batch.start(2), batch.end(2), batch.seconds(2), batch.nanos(2)]).toEqual(['kube.x', 'b', 10, 20, 1_700_000_003, 5])
  })

  it('keeps only what is left when a part found its end, and counts the rest in its terms', async () => {
    const folder = tempFolder('parking')
    const parking = await opened(folder)
    await parking.add(batchOf(new FrameMaker().frame(['a', 'b', 'a'])), 'stubborn')
    const parked = (await parking.next(performance.now() + 1e6))!
    const offset = batchOf(parked.frame).offset(1)
    await parking.settle(parked, [offset], { ...emptyOutputTerms(), delivered: 2 })
    const again = await opened(folder)
    expect(again.records).toBe(1)
    expect(again.terms).toMatchObject({ delivered: 2 })
    expect(numbers(batchOf((await again.next(performance.now() + 1e6))!.frame))).toEqual([1])
    expect(await readParkingTerms(folder)).toMatchObject({ delivered: 2, waiting: 1 })
  })

  it('removes what a cut-short write left, and counts a damaged entry as dropped', async () => {
    const folder = tempFolder('parking')
    const parking = await opened(folder)
    await parking.add(batchOf(new FrameMaker().frame(['a', 'a'])), 'stubborn')
    writeFileSync(path.join(folder, '77.frame'), 'half')
    writeFileSync(path.join(folder, 'parking.json.new'), '{')
    writeFileSync(path.join(folder, '1.frame'), 'broken')
    const again = await opened(folder)
    expect(readdirSync(folder).sort()).toEqual(['1.frame', 'parking.json'])
    expect(await again.next(performance.now() + 1e6)).toBeUndefined()
    expect(again.records).toBe(0)
    expect(again.terms.dropped).toEqual({ 'parking damaged': 2 })
  })

  it('takes nothing beyond its limit', async () => {
    const parking = await opened(tempFolder('parking'), 100)
    const maker = new FrameMaker()
    expect(await parking.add(batchOf(maker.frame(['a', 'a'])), 'stubborn')).toBe(true)
    expect(await parking.add(batchOf(maker.frame(['a'])), 'stubborn')).toBe(false)
    expect(parking.records).toBe(2)
  })

  it('bars other streams of the same source, such as the file that came after a rotation', async () => {
    const sourceOf = (uid: string): string => (uid === 'c' ? 'other' : 'file')
    const parking = new Parking({ directory: tempFolder('parking'), output: 'out', log, sourceOf })
    await parking.open()
    await parking.add(batchOf(new FrameMaker().frame(['a'])), 'stubborn')
    expect([parking.bars('a'), parking.bars('b'), parking.bars('c'), parking.barsSource('file')]).toEqual([true, true, false, true])
  })

  it('bars a stream while its records wait, and not for ever', async () => {
    const parking = await opened(tempFolder('parking'))
    await parking.add(batchOf(new FrameMaker().frame(['a'])), 'stubborn')
    expect([parking.bars('a'), parking.bars('b')]).toEqual([true, false])
    for (let i = 0; i < 8; i++) {
      expect(parking.bars('a')).toBe(true)
      const parked = (await parking.next(performance.now() + 1e9))!
      await parking.settle(parked, [batchOf(parked.frame).offset(0)], emptyOutputTerms())
    }
    expect(parking.bars('a')).toBe(false)
    expect(parking.records).toBe(1)
  })
})

describe('a stubborn record', () => {
  it('is parked, its frame is done, and its neighbours never wait', async () => {
    const parking = await opened(tempFolder('parking'))
    const queue = new FakeQueue()
    const output = new FakeOutput()
    const maker = new FrameMaker()
    output.answer = (batch) => ({
      kind: 'partial', outcomes: Uint8Array.from(numbers(batch), (n) => (n % 10 === 3 ? RETRY : DELIVERED)), reasons: new Map()
    })
    const engine = delivery(queue, output, parking)
    engine.start()
    for (let i = 0; i < 10; i++) queue.push(maker.frame(Array.from({ length: 10 }, () => 'a')))
    await eventually('all frames are done', () => queue.waiting().frames === 0)
    expect(queue.terms.delivered).toBe(90)
    expect(engine.status.parkedRecords).toBe(10)
    const whole = engine.ledger({ ...queue.terms, waiting: 0 })
    expect(whole.waiting).toBe(10)
    expect(outputImbalance(whole)).toBe(0)
    await engine.stop()
  })

  it('is delivered once it may be, also after a restart, and the ledger balances', async () => {
    const folder = tempFolder('parking')
    const queue = new FakeQueue()
    const output = new FakeOutput()
    output.answer = (batch) => ({
      kind: 'partial', outcomes: Uint8Array.from(numbers(batch), (n) => (n === 1 ? RETRY : DELIVERED)), reasons: new Map()
    })
    const first = delivery(queue, output, await opened(folder))
    first.start()
    queue.push(new FrameMaker().frame(['a', 'a', 'a']))
    await eventually('the record is parked', () => first.status.parkedRecords === 1)
    await first.stop()
    const healed = new FakeOutput()
    const second = delivery(queue.restarted(), healed, await opened(folder))
    second.start()
    await eventually('the record is delivered', () => healed.requests.length === 1 && second.status.parkedRecords === 0)
    expect(healed.requests).toEqual([[1]])
    expect(second.ledger({ ...queue.terms, waiting: 0 })).toMatchObject({ routed: 3, delivered: 3, waiting: 0 })
    await second.stop()
  })

  it('that was parked before a crash, but whose frame was not done, is not parked or sent twice', async () => {
    const folder = tempFolder('parking')
    const frame = new FrameMaker().frame(['a', 'a', 'a'])
    await (await opened(folder)).add(batchOf(frame, (index) => index === 1), 'stubborn')
    const queue = new FakeQueue()
    queue.push(frame)
    const output = new FakeOutput()
    const engine = delivery(queue, output, await opened(folder))
    engine.start()
    await eventually('everything is delivered', () => output.requests.flat().length === 3 && engine.status.parkedRecords === 0)
    expect(output.requests.flat().sort()).toEqual([0, 1, 2])
    expect(engine.ledger({ ...queue.terms, waiting: 0 })).toMatchObject({ routed: 3, delivered: 3, waiting: 0, repeated: 0 })
    await engine.stop()
  })

  it('holds back later records of its stream where order is kept, and only those', async () => {
    const parking = await opened(tempFolder('parking'))
    const queue = new FakeQueue()
    const output = new FakeOutput()
    const maker = new FrameMaker()
    let open = false
    const arrived: string[] = []
    output.answer = (batch) => {
      const outcomes = Uint8Array.from({ length: batch.count }, (_, i) => (!open && batch.stream(i).uid === 'b' ? RETRY : DELIVERED))
      outcomes.forEach((outcome, i) => outcome === DELIVERED && arrived.push(`${batch.stream(i).uid}${batch.start(i)}`))
      return { kind: 'partial', outcomes, reasons: new Map() }
    }
    const engine = delivery(queue, output, parking, { limits: { ...limits, ordered: true } })
    engine.start()
    for (let i = 0; i < 6; i++) {
      queue.push(maker.frame(['a', 'b', 'c']))
      await sleep(15)
    }
    await eventually('nothing waits in the buffer', () => queue.waiting().frames === 0)
    expect(arrived.filter((one) => one.startsWith('a'))).toEqual(['a0', 'a10', 'a20', 'a30', 'a40', 'a50'])
    expect(parking.records).toBe(6)
    await engine.stop()
    const parked: string[] = []
    open = true
    for (let one = await parking.next(performance.now() + 1e9); one !== undefined; one = await parking.next(performance.now() + 1e9)) {
      const batch = batchOf(one.frame)
      for (let i = 0; i < batch.count; i++) parked.push(`${batch.stream(i).uid}${batch.start(i)}`)
      await parking.settle(one, [], { ...emptyOutputTerms(), delivered: batch.count })
    }
    expect(parked).toEqual(['b0', 'b10', 'b20', 'b30', 'b40', 'b50'])
  })
})

describe('a stop', () => {
  it('within the deadline delivers what it can; frames that were not touched are given back', async () => {
    const queue = new FakeQueue()
    const output = new FakeOutput()
    const maker = new FrameMaker()
    output.answer = (_, __, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
    const engine = delivery(queue, output, await opened(tempFolder('parking')))
    engine.start()
    queue.push(maker.frame(['a']), maker.frame(['a']))
    const begun = performance.now()
    await engine.drain(begun + 80)
    await engine.stop()
    expect(performance.now() - begun).toBeLessThan(1000)
    expect(queue.open.size).toBe(0)
    expect(queue.waiting().frames).toBe(2)
  })

  it('repeats nothing: what is left of a frame is parked and goes first after the start', async () => {
    const folder = tempFolder('parking')
    const queue = new FakeQueue()
    const output = new FakeOutput()
    const maker = new FrameMaker()
    output.answer = (_, request) => (request === 0 ? delivered : { kind: 'retry', reason: 'down' })
    const one = { limits: { ...limits, ordered: true, concurrency: 1, maxRecords: 2 } }
    const first = delivery(queue, output, await opened(folder), one)
    first.start()
    queue.push(maker.frame(['a', 'a', 'a', 'a', 'a']), maker.frame(['a', 'a']))
    await eventually('a failure', () => output.requests.length > 1)
    await first.stop()
    const second = new FakeOutput()
    const rest = queue.restarted()
    const engine = delivery(rest, second, await opened(folder), one)
    engine.start()
    await finish(engine)
    expect(second.requests).toEqual([[2, 3], [4, 5], [6]])
    expect(engine.ledger({ ...rest.terms, delivered: rest.terms.delivered + queue.terms.delivered })).toMatchObject({ delivered: 7, waiting: 0 })
  })
})
