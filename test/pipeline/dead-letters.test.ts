import { appendFileSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Batch } from '../../src/event/batch.ts'
import { listDeadLetters } from '../../src/pipeline/dead-letters.ts'
import { Delivery, type DeliveryOptions } from '../../src/pipeline/deliver.ts'
import { tempFolder } from '../support/temp.ts'
import { eventually } from '../support/wait.ts'
import { FakeOutput, FakeQueue, FrameMaker, finish, letters, limits, log, meter, shown } from './fake-queue.ts'

function refusing(queue: FakeQueue, over: Partial<DeliveryOptions>): { engine: Delivery; output: FakeOutput } {
  const output = new FakeOutput()
  output.answer = () => ({ kind: 'refused', reason: 'mapping' })
  const retry = { base: 2, cap: 6, limit: undefined }
  return { engine: new Delivery({ name: 'out', output, limits, queue, retry, flush: 5, meter: meter(), log, ...over }), output }
}

describe('dead letters', () => {
  it('hold the record as it was, with its place, time and reason, one object a line', async () => {
    const folder = tempFolder('dlq')
    const queue = new FakeQueue()
    queue.push(new FrameMaker().frame(['pod a']))
    const { engine } = refusing(queue, { deadLetters: letters(folder) })
    engine.start()
    await finish(engine)
    const [file] = await listDeadLetters(folder)
    expect(file).toMatchObject({ output: 'out', number: 1, replaying: false })
    expect(JSON.parse(readFileSync(file!.path, 'utf8'))).toEqual({
      time: '2023-11-14T22:13:21.000000005Z',
      tag: 'app',
      output: 'out',
      reason: 'mapping',
      attempts: 1,
      stream: { uid: 'pod a', generation: 0, start: 0, end: 10, ordinal: 0, path: '/var/log/pod a.log' },
      record: { n: 0, s: 'pod a' }
    })
  })

  it('that were written before a crash are not written again', async () => {
    const folder = tempFolder('dlq')
    const frame = new FrameMaker().frame(['a', 'a'])
    const before = letters(folder)
    await before.open()
    const batch = new Batch()
    batch.add(frame, frame.directory.sections[0]![0], 0)
    await new Promise((resolve) => before.add(batch, 0, 'mapping', 1, resolve))
    await before.close()
    appendFileSync(path.join(folder, 'out', '1.jsonl'), '{"time":"torn')
    const queue = new FakeQueue()
    queue.push(frame)
    const { engine } = refusing(queue, { deadLetters: letters(folder) })
    engine.start()
    await finish(engine)
    expect((await shown(folder)).map(({ stream }) => stream.start)).toEqual([0, 10])
    expect(queue.terms).toMatchObject({ routed: 2, dead_lettered: 2 })
    expect(readFileSync(path.join(folder, 'out', '1.jsonl'), 'utf8')).not.toContain('torn')
  })

  it('beyond the limit are dropped, counted, when that is asked for', async () => {
    const folder = tempFolder('dlq')
    const queue = new FakeQueue()
    queue.push(new FrameMaker().frame(['a', 'a', 'a', 'a']))
    const { engine } = refusing(queue, { deadLetters: letters(folder, 450, 'drop') })
    engine.start()
    await finish(engine)
    const kept = (await shown(folder)).length
    expect(kept).toBeGreaterThan(0)
    expect(queue.terms).toMatchObject({ routed: 4, dead_lettered: kept, dropped: { 'dead letters full': 4 - kept } })
  })

  it('beyond the limit hold the output until somebody makes room', async () => {
    const folder = tempFolder('dlq')
    const queue = new FakeQueue()
    const maker = new FrameMaker()
    queue.push(maker.frame(['a', 'a', 'a', 'a']))
    const { engine } = refusing(queue, { deadLetters: letters(folder, 450) })
    engine.start()
    await eventually('some letters', async () => (await shown(folder)).length > 0)
    await sleep(100)
    expect(queue.waiting().frames).toBe(1)
    for (let i = 0; i < 4 && queue.waiting().frames > 0; i++) {
      for (const file of readdirSync(path.join(folder, 'out'))) rmSync(path.join(folder, 'out', file))
      await sleep(1100)
    }
    expect(queue.terms).toMatchObject({ routed: 4, dead_lettered: 4 })
    await engine.stop()
  })

  it('that cannot be written pin the frame and are written once they can', async () => {
    const folder = tempFolder('dlq')
    writeFileSync(path.join(folder, 'out'), 'a file where the folder should be')
    const queue = new FakeQueue()
    queue.push(new FrameMaker().frame(['a']))
    const { engine } = refusing(queue, { deadLetters: letters(folder) })
    engine.start()
    await sleep(100)
    expect(queue.waiting().frames).toBe(1)
    rmSync(path.join(folder, 'out'))
    await eventually('the letter is written', () => queue.terms.dead_lettered === 1)
    expect(await shown(folder)).toHaveLength(1)
    await engine.stop()
  })
})
