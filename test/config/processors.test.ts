import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadTables } from '../../src/cli/tables.ts'
import { planFile } from '../../src/config/make-plan.ts'
import { planYaml, rightPlan, told } from '../support/plan.ts'
import { tempFolder } from '../support/temp.ts'

function withInput(lines: string): string {
  return `
pipeline:
  inputs:
    - name: tail
      path: a
      tag: app
${lines}
  outputs:
    - {name: stdout, alias: errs}
    - {name: es, alias: rest}
`
}

const routes = `
      routes:
        logs:
          - name: errors
            per_record_routing: true
            condition:
              op: or
              rules:
                - {field: $level, op: in, value: [error, 5]}
                - {field: $code, op: gte, value: 500, context: metadata}
            to:
              outputs: [errs, {name: es, fallback: errs}]
          - name: others
            condition: {default: true}
            to: {outputs: [rest]}
`

describe('routes', () => {
  it('carry conditions with typed values and outputs by the name of their plan', async () => {
    const [errors, others] = (await rightPlan(withInput(routes))).inputs[0]?.routes ?? []
    expect(errors).toMatchObject({
      name: 'errors',
      perRecord: true,
      condition: {
        op: 'or',
        rules: [
          { field: '$level', op: 'in', value: ['error', 5], context: 'body' },
          { field: '$code', op: 'gte', value: 500, context: 'metadata' }
        ]
      },
      to: [{ output: 'stdout.0', fallback: undefined }, { output: 'es.0', fallback: 'stdout.0' }]
    })
    expect(others).toMatchObject({ condition: undefined, to: [{ output: 'es.0' }] })
  })

  it('leave outputs without match in peace when they name them', async () => {
    const plan = await rightPlan(withInput(routes))
    expect(plan.outputs.map(({ match }) => match)).toEqual([undefined, undefined])
  })

  it.each([
    ['an output that is not there', 'outputs: [errs, {name', 'outputs: [er, {name', 'unknown-output'],
    ['an operator that is none', 'op: gte', 'op: ge', 'wrong-value'],
    ['an unknown key', 'per_record_routing', 'per_record', 'unknown-option'],
    ['a name given twice', 'name: others', 'name: errors', 'duplicate-name'],
    ['a rule without field', 'field: $level, ', '', 'missing-option'],
    ['an unknown signal', 'logs:', 'loggs:', 'unknown-option'],
    ['processors that are none', 'per_record_routing: true', 'processors: [{name: grap}]', 'unknown-plugin'],
    ['no target', 'to: {outputs: [rest]}', 'to: {}', 'missing-option']
  ])('are refused for %s', async (_, from, to, code) => {
    const result = await planYaml(withInput(routes.replace(from, to)))
    expect(result.plan).toBeUndefined()
    expect(told(result).join()).toContain(code)
  })
})

describe('processors', () => {
  const processors = (text: string): string => withInput(`      processors:\n        logs:\n${text}`)
    .replace('alias: errs', 'match: app').replace('alias: rest', 'match: app')

  it('are filters without match, with conditions', async () => {
    const plan = await rightPlan(processors(`
          - name: grep
            exclude: level debug
          - name: content_modifier
            action: insert
            key: hot
            condition: {op: and, rules: [{field: $level, op: eq, value: error}]}
`))
    expect(plan.inputs[0]?.processors.map(({ name, condition }) => [name, condition?.rules.length])).toEqual([
      ['tail.0/grep.0', undefined], ['tail.0/content_modifier.0', 1]
    ])
  })

  it('for other signals are left alone', async () => {
    const plan = await rightPlan(withInput('      processors: {metrics: [{name: labels}]}').replace('alias: errs', 'match: app').replace('alias: rest', 'match: app'))
    expect(plan.inputs[0]?.processors).toEqual([])
  })

  it('of outputs and routes are read like those of inputs, but for filters that only the way in can do', async () => {
    const file = path.join(tempFolder('processors'), 'agent.yaml')
    const write = (name: string): void => writeFileSync(file, `pipeline:
  inputs:
    - name: tail
      path: /x
      routes: {logs: [{name: a, condition: {default: true}, processors: {logs: [{name: ${name}, rule: x, multiline.parser: go}]}, to: {outputs: [o]}}]}
  outputs: [{name: stdout, alias: o, processors: {logs: [{name: ${name}, rule: x, multiline.parser: go}]}}]
`)
    const tables = await loadTables()
    for (const name of ['multiline', 'rewrite_tag', 'kubernetes']) {
      write(name)
      expect((await planFile(file, {}, tables)).problems.filter(({ code }) => code === 'unsupported-section')).toHaveLength(2)
    }
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('{name: kubernetes, rule: x, multiline.parser: go}', '{name: grep, regex: a b}'))
    const { plan } = await planFile(file, {}, tables)
    expect([plan?.inputs[0]?.routes[0]?.processors, plan?.outputs[0]?.processors].map((list) => list?.map(({ name }) => name))).toEqual([
      ['tail.0/a/grep.0'], ['stdout.0/grep.0']
    ])
  })

  it('are checked like filters', async () => {
    expect(told(await planYaml(processors('          - {name: content_modifier, acton: insert}\n          - {name: sql}\n')))).toEqual([
      '9:13 missing-option', '9:38 unknown-option', '10:20 missing-plugin'
    ])
  })
})
