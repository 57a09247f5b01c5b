import { expect, it } from 'vitest'
import { Reloads } from '../../src/agent/reloads.ts'

it('requests are answered one at a time, and those that took effect are told from the others', async () => {
  const reloads = new Reloads()
  const first = reloads.request()
  expect(await reloads.request()).toEqual({ reload: 'in progress', status: -2 })
  ;(await reloads.next()).answer({ reload: 'done', status: 0 })
  expect(await first).toEqual({ reload: 'done', status: 0 })
  const second = reloads.request()
  ;(await reloads.next()).answer({ reload: 'failed', status: -1, errors: ['wrong'] })
  expect(await second).toMatchObject({ errors: ['wrong'] })
  expect([reloads.done, reloads.failed]).toEqual([1, 1])
})
