import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { requestReplay } from '../../src/pipeline/dead-letters.ts'
import { Delivery } from '../../src/pipeline/deliver.ts'
import { Replay } from '../../src/pipeline/replay.ts'
import { delivered, type Verdict } from '../../src/plugin/output.ts'
import { tempFolder } from '../support/temp.ts'
import { eventually } from '../support/wait.ts'
import { FakeOutput, FakeQueue, FrameMaker, finish, letters, limits, log, meter, shown } from './fake-queue.ts'

function engineOn(folder: string, queue: FakeQueue, output: FakeOutput): Delivery {
  const deadLetters = letters(folder)
  const retry = { base: 2, cap: 6, limit: undefined }
  return new Delivery({
    name: 'out', output, limits, queue, retry, flush: 5, meter: meter(), log, deadLetters, replay: new Replay(deadLetters, 'out', log)
  })
}

async function withLetters(count: number): Promise<string> {
  const folder = tempFolder('replay')
  const queue = new FakeQueue()
  queue.push(new FrameMaker().frame(Array.from({ length: count }, () => 'a')))
  const output = new FakeOutput()
  output.answer = () => ({ kind: 'refused', reason: 'mapping' })
  const engine = engineOn(folder, queue, output)
  engine.start()
  await finish(engine)
  expect(await shown(folder)).toHaveLength(count)
  return folder
}

describe('replay', () => {
  it('sends the letters again and removes them, without touching the ledger', async () => {
    const folder = await withLetters(5)
    expect(await requestReplay(folder, 'out')).toEqual([1])
    expect(await requestReplay(folder, 'out')).toEqual([])
    const queue = new FakeQueue()
    const output = new FakeOutput()
    const identities: unknown[] = []
    output.answer = (batch) => {
      identities.push([batch.tag(0), batch.stream(0), batch.start(4), batch.end(4), batch.seconds(4), batch.nanos(4)])
      return delivered
    }
    const engine = engineOn(folder, queue, output)
    engine.start()
    await eventually('the files are gone', () => output.requests.length > 0 && readdirSync(path.join(folder, 'out')).length === 0)
    expect(output.requests).toEqual([[0, 1, 2, 3, 4]])
    expect(identities).toEqual([['app', { uid: 'a', generation: 0 }, 40, 50, 1_700_000_005, 5]])
    expect(queue.terms.delivered).toBe(0)
    await engine.stop()
  })

  it('keeps a letter that is refused again, in a new file', async () => {
    const folder = await withLetters(3)
    await requestReplay(folder, 'out')
    const output = new FakeOutput()
    output.answer = (): Verdict => ({ kind: 'partial', outcomes: Uint8Array.of(0, 2, 0), reasons: new Map([[1, 'still wrong']]) })
    const engine = engineOn(folder, new FakeQueue(), output)
    engine.start()
    await eventually('the old file is gone', () => readdirSync(path.join(folder, 'out')).join() === '2.jsonl')
    await engine.stop()
    expect(await shown(folder)).toMatchObject([{ reason: 'still wrong', record: '{"n":1,"s":"a"}' }])
  })

  it('goes on where it was after a restart', async () => {
    const folder = await withLetters(4)
    await requestReplay(folder, 'out')
    const lines = readFileSync(path.join(folder, 'out', '1.jsonl'), 'utf8').split('\n')
    writeFileSync(path.join(folder, 'out', '1.replay'), String(Buffer.byteLength(`${lines[0]}\n${lines[1]}\n`)))
    const output = new FakeOutput()
    const engine = engineOn(folder, new FakeQueue(), output)
    engine.start()
    await eventually('the files are gone', () => readdirSync(path.join(folder, 'out')).length === 0)
    expect(output.requests).toEqual([[2, 3]])
    await engine.stop()
  })

  it('leaves letters alone that nobody asked for', async () => {
    const folder = await withLetters(2)
    const queue = new FakeQueue()
    const output = new FakeOutput()
    const engine = engineOn(folder, queue, output)
    engine.start()
    queue.push(new FrameMaker().frame(['b']))
    await finish(engine)
    expect(output.requests).toEqual([[0]])
    expect(await shown(folder)).toHaveLength(2)
  })
})
