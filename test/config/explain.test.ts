import { describe, expect, it } from 'vitest'
import { explain } from '../../src/config/explain.ts'
import { rightPlan } from '../support/plan.ts'

async function explained(input: string, output: string): Promise<string[]> {
  const plan = await rightPlan(`pipeline:\n  inputs: [{name: tail, path: a, ${input}}]\n  outputs: [{name: es, match: '*', ${output}}]\n`)
  return explain(plan).map(({ setting }) => setting)
}

describe('explain', () => {
  it('names what a bare configuration loses in Fluent Bit', async () => {
    expect(await explained('', '')).toEqual([
      'tail.0 keeps its records in memory',
      'tail.0 has no mem_buf_limit',
      'tail.0 has no db',
      'rotate_wait of tail.0',
      'tail.0 neither skips nor truncates long lines',
      'refresh_interval of tail.0',
      'es.0 has no retry_limit',
      'bulk answers of es.0'
    ])
  })

  it('says less of a careful one, and names what has no effect', async () => {
    const said = await explained(
      'storage.type: filesystem, mem_buf_limit: 5M, skip_long_lines: on, threaded: on',
      'retry_limit: no_limits, tls: on, tls.verify_hostname: on'
    )
    expect(said).not.toContain('es.0 has no retry_limit')
    expect(said).toContain('skip_long_lines of tail.0')
    expect(said.at(-1)).toBe('threaded of tail.0')
  })

  it('points at the setting', async () => {
    const plan = await rightPlan('pipeline:\n  inputs: [{name: tail, path: a}]\n  outputs:\n    - name: es\n      retry_limit: 3\n')
    expect(explain(plan).find(({ setting }) => setting.startsWith('retry_limit'))?.place).toMatchObject({ line: 5, column: 20 })
  })
})
