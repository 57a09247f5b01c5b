import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Waiting } from '../../../src/filters/kubernetes/waiting.ts'

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

/** What has ended, in order. */
function waits (): { waiting: Waiting, ended: string[], begin: (name: string, done: () => boolean, milliseconds: number) => void } {
  const waiting = new Waiting()
  const ended: string[] = []
  return { waiting, ended, begin: (name, done, milliseconds) => { void waiting.wait(done, milliseconds).then(() => { ended.push(name) }) } }
}

it('a wait ends when what it is for is there, as seen at the next change, and else after its time', async () => {
  const { waiting, ended, begin } = waits()
  let known = false
  begin('a', () => known, 1000)
  begin('b', () => false, 500)
  waiting.look()
  known = true
  await vi.advanceTimersByTimeAsync(100)
  expect(ended).toEqual([])
  waiting.look()
  await vi.advanceTimersByTimeAsync(400)
  expect(ended).toEqual(['a', 'b'])
  expect([waiting.size, vi.getTimerCount()]).toEqual([0, 0])
})

it('all waits can be shortened and ended', async () => {
  const { waiting, ended, begin } = waits()
  begin('a', () => false, 10_000)
  waiting.shorten(100)
  await vi.advanceTimersByTimeAsync(100)
  expect(ended).toEqual(['a'])
  begin('b', () => false, 10_000)
  waiting.release()
  await vi.advanceTimersByTimeAsync(0)
  expect(ended).toEqual(['a', 'b'])
})
