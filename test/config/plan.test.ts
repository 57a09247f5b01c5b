import { describe, expect, expectTypeOf, it } from 'vitest'
import type { Plan } from '../../src/config/plan.ts'
import { rightPlan } from '../support/plan.ts'

describe('a plan', () => {
  it('carries places that lead back to the text', async () => {
    const plan: Plan = await rightPlan('pipeline:\n  inputs:\n    - name: tail\n      path: a\n  outputs:\n    - name: stdout\n')
    const { place } = plan.outputs[0]!
    expect(plan.sources.get(place.file)?.split('\n')[place.line - 1]).toContain('stdout')
  })

  it('has times of the service in milliseconds', () => {
    expectTypeOf<Plan['service']['grace']>().toEqualTypeOf<number>()
    expectTypeOf<Plan['service']['storage.path']>().toEqualTypeOf<string | undefined>()
  })
})
