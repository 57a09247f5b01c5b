import { expect, it } from 'vitest'
import { createFilters, createProcessors } from '../../src/agent/filters.ts'
import { scanObject } from '../../src/event/json-scan.ts'
import type { Pool } from '../../src/event/pool.ts'
import { BLOCK, Record } from '../../src/event/record.ts'
import { planOf, workshopOf } from './plan-of.ts'

function recordOf(pool: Pool, body: object): Record {
  const record = new Record(pool)
  const block = Buffer.from(JSON.stringify(body))
  record.useBlock(block)
  scanObject(record, BLOCK, 0, block.length)
  return record
}

it('makes a unit of each filter, by alias or name, that knows its tags', async () => {
  const plan = await planOf(`  inputs: [{name: dummy}]
  filters:
    - {name: grep, match: 'app.*', exclude: log bad}
    - {name: grep, alias: mine, match_regex: '^db', regex: log good}
  outputs: [{name: 'null', match: '*'}]
`)
  const workshop = workshopOf(plan)
  const units = await createFilters(plan, workshop)
  expect(units.map(({ name, matches }) => [name, matches('app.a'), matches('db.a')])).toEqual([['grep.0', true, false], ['mine', false, true]])
  expect(units.map(({ filter }) => filter.forTag('app.a')(recordOf(workshop.pool, { log: 'bad' })))).toEqual([false, false])
})

it('makes processors that see, and join, what their condition takes', async () => {
  const plan = await planOf(`  inputs:
    - name: dummy
      processors:
        logs:
          - {name: grep, exclude: log bad, condition: {rules: [{field: $level, op: eq, value: debug}]}}
  outputs: [{name: 'null', match: '*'}]
`)
  const workshop = workshopOf(plan)
  const [unit] = await createProcessors(plan.inputs[0]!.processors, workshop)
  const apply = unit!.filter.forTag('any')
  expect([{ log: 'bad', level: 'debug' }, { log: 'bad', level: 'info' }, { log: 'good', level: 'debug' }].map((body) => apply(recordOf(workshop.pool, body))))
    .toEqual([false, true, true])
  const joining = await planOf(`  inputs:
    - name: dummy
      processors:
        logs: [{name: multiline, multiline.parser: go, condition: {rules: [{field: $level, op: eq, value: debug}]}}]
  outputs: [{name: 'null', match: '*'}]
`)
  const joiners = workshopOf(joining)
  const [joiner] = await createProcessors(joining.inputs[0]!.processors, joiners)
  const seamOf = joiner!.filter.joins!.forTag('any')
  expect([{ level: 'debug' }, { level: 'info' }, { level: 'debug' }].map((body) => seamOf(recordOf(joiners.pool, body)) !== undefined)).toEqual([true, false, true])
})
