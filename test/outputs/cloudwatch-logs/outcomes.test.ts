import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Failure } from '../../../src/outputs/cloudwatch-logs/failure.ts'
import { Outcomes } from '../../../src/outputs/cloudwatch-logs/outcomes.ts'
import { DELIVERED, REFUSED, RETRY, UNSURE } from '../../../src/plugin/output.ts'
import { makeBatch } from '../../event/make-batch.ts'
import { outcomes } from '../output-context.ts'

const DOWN: Failure = { kind: 'down', reason: 'down' }
const LOST: Failure = { kind: 'down', reason: 'lost', unsure: true }
const of = (count: number): Outcomes => new Outcomes(makeBatch(Array.from({ length: count }, () => ({ body: {} }))))

type Step = 'delivered' | 'refused' | 'again' | 'unsure'

function after(...steps: readonly Step[]): number {
  const all = of(2)
  // another record that failed makes the verdict one on single records
  all.again(1, DOWN)
  for (const step of steps) {
    if (step === 'delivered') all.delivered(0)
    else if (step === 'refused') all.refused(0, 'why')
    else all.again(0, step === 'again' ? DOWN : LOST)
  }
  return outcomes(all.verdict())[0]!
}

test.each<[Step[], number]>([
  [['delivered'], DELIVERED], [['delivered', 'delivered'], DELIVERED], [['refused'], REFUSED], [['again'], RETRY], [['unsure'], UNSURE],
  [['delivered', 'refused'], REFUSED], [['refused', 'again'], REFUSED], [['refused', 'delivered'], REFUSED],
  [['delivered', 'again'], UNSURE], [['again', 'delivered'], UNSURE], [['unsure', 'again'], UNSURE], [['again', 'again'], RETRY]
])('a long message whose parts were %o', (steps, outcome) => {
  expect(after(...steps)).toBe(outcome)
})

test('the order in which the parts of a message end does not matter', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom<Step>('delivered', 'refused', 'again', 'unsure'), { minLength: 1, maxLength: 5 }), (steps) => {
    const expected = steps.includes('refused') ? REFUSED
      : steps.every((step) => step === 'delivered') ? DELIVERED
        : steps.every((step) => step === 'again') ? RETRY : UNSURE
    expect(after(...steps)).toBe(expected)
  }))
})

test('a batch of which all was taken is delivered', () => {
  const all = of(2)
  all.delivered(0)
  all.delivered(1)
  expect(all.verdict()).toEqual({ kind: 'delivered' })
})

test('refusals alone do not say that the service is down', () => {
  const all = of(2)
  all.refused(0, 'too old')
  all.delivered(1)
  expect(all.verdict()).toEqual({ kind: 'partial', outcomes: new Uint8Array([REFUSED, DELIVERED]), reasons: new Map([[0, 'too old']]) })
})

test('a failure of the service is told with the longest wait', () => {
  const all = of(1)
  all.again(0, DOWN)
  all.failed({ ...DOWN, after: 20 })
  all.failed({ ...DOWN, after: 50, throttled: true })
  all.failed(DOWN)
  expect(all.verdict()).toEqual({ kind: 'partial', outcomes: new Uint8Array([RETRY]), reasons: new Map([[0, 'down']]), down: true, after: 50, throttled: true })
})
