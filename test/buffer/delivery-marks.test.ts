import { expect, it } from 'vitest'
import { DeliveryMarks } from '../../src/buffer/delivery-marks.ts'
import type { Queue } from '../../src/buffer/output-queue.ts'

it('calls those back whose frames every queue is done with', () => {
  const marks = new DeliveryMarks()
  const told: number[] = []
  const queues = (...oldest: number[]): Queue[] => oldest.map((sequence) => ({ oldest: sequence }) as Queue)
  for (const below of [3, 5, 9]) marks.add(below, () => told.push(below))
  marks.tell(queues(2, Infinity))
  expect(told).toEqual([])
  marks.tell(queues(5, 7))
  expect(told).toEqual([3, 5])
  marks.tell(queues(Infinity))
  marks.tell(queues(Infinity))
  expect(told).toEqual([3, 5, 9])
})
