/** A container's log as the kubelet rotates, compresses and deletes it, with an agent that stops, dies or has no room. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NodeLayout } from '../../support/node-layout.ts'
import { sleep } from '../../support/wait.ts'
import { RecordingIngest } from '../recording-ingest.ts'
import { makeParts, until } from './parts.ts'

const step = fc.constantFrom('write', 'write', 'rotate', 'rotate', 'look', 'look', 'read', 'stop', 'kill', 'full', 'room')

async function run(steps: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'node-'))
  const node = new NodeLayout(folder)
  const container = node.pod({ name: 'web' }).container('app')
  const ingest = new RecordingIngest()
  let parts = makeParts(ingest)
  let count = 0
  let rotations = 0
  const write = (): void => container.write([`${count++} ${'x'.repeat(100)}`])
  const look = (): void => {
    parts.follower.missing(container.link)
    parts.follower.found(container.link)
    for (const file of parts.follower.files.values()) {
      parts.follower.check(file)
      if (!file.drained) parts.sweep.wake(file)
    }
  }
  const start = (): void => {
    parts = makeParts(ingest)
    parts.follower.found(container.link)
    parts.follower.adoptRotated()
  }
  const stop = async (): Promise<void> => {
    await parts.sweep.stop(performance.now() + 200)
    parts.follower.closeAll()
  }
  const readAll = (): Promise<boolean> => {
    ingest.makeRoom()
    return until(() => {
      look()
      return ingest.records.length >= count
    })
  }
  /** All is read before the kubelet deletes it: it keeps four rotated files. */
  const rotate = async (): Promise<void> => {
    if (rotations++ >= 3) {
      await readAll()
      rotations = 0
    }
    // the clock of files ticks every few milliseconds
    await sleep(6)
    write()
    container.rotate()
    write()
  }
  write()
  start()
  try {
    for (const each of steps) {
      if (each === 'write') write()
      else if (each === 'rotate') await rotate()
      else if (each === 'look') look()
      else if (each === 'read') await sleep(8)
      else if (each === 'full') ingest.room = false
      else if (each === 'room') ingest.makeRoom()
      else {
        if (each === 'kill') ingest.kill()
        await stop()
        ingest.revive()
        start()
      }
    }
    await readAll()
    const seen = ingest.values().map((value) => Number(/ F (\d+)/.exec(String(value))?.[1]))
    expect({ seen, lost: parts.follower.lost.value }).toEqual({ seen: Array.from({ length: count }, (_, i) => i), lost: 0 })
  } finally {
    await stop()
    node.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

test('random writes, rotations by the kubelet, stops, kills: each line once, in order', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), run), {
    numRuns: 120,
    interruptAfterTimeLimit: 40_000,
    endOnFailure: false,
    examples: [
      'rotate rotate full rotate look rotate kill write write rotate rotate',
      'stop rotate stop write stop rotate rotate write look rotate rotate rotate write room stop write room look'
    ].map((steps): [string[]] => [steps.split(' ')])
  })
}, 90_000)
