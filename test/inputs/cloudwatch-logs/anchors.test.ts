import { expect, it } from 'vitest'
import { Anchors } from '../../../src/inputs/cloudwatch-logs/anchors.ts'

it('are read back from their text, and nothing from any other', () => {
  const anchors = new Anchors()
  anchors.add(0, 1000)
  anchors.add(7, 2000)
  expect(new Anchors(anchors.toString()).from(3)).toEqual([{ n: 0, time: 1000 }, { n: 7, time: 2000 }])
  expect(new Anchors('undefined').from(3)).toEqual([])
})

it('of one number the last counts, and none goes back', () => {
  const anchors = new Anchors()
  for (const [n, time] of [[5, 10], [5, 20], [4, 30], [6, 15], [6, 20]] as const) anchors.add(n, time)
  expect(anchors.from(0)).toEqual([{ n: 5, time: 20 }, { n: 6, time: 20 }])
})

it('are few, keep the first, and lie closer the newer they are', () => {
  const anchors = new Anchors()
  for (let n = 0; n < 10_000; n++) anchors.add(n, n * 10)
  expect(anchors.toString().length).toBeLessThan(400)
  expect(anchors.from(0)[0]).toEqual({ n: 0, time: 0 })
  expect(anchors.from(9_990)[0]!.n).toBeGreaterThan(9_970)
})
