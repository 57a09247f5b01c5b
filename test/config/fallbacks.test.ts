import { expect, it } from 'vitest'
import { planYaml, rightPlan, told } from '../support/plan.ts'

const route = (to: string): string => `
      routes: {logs: [{name: all, condition: {default: true}, to: {outputs: [${to}]}}]}`

const config = (outputs: string, routes = ''): string => `pipeline:
  inputs:
    - name: tail
      path: /x.log
      tag: t${routes}
  outputs:
${outputs.split('\n').map((line) => `    - {${line}}\n`).join('')}`

it('an output names its fallback by alias or name, and that needs no match of its own', async () => {
  const { outputs } = await rightPlan(config("name: es, match: '*', fallback: spare\nname: stdout, alias: spare, fallback: stdout.1\nname: stdout"))
  expect(outputs.map(({ label, fallback }) => [label, fallback])).toEqual([['es.0', 'spare'], ['spare', 'stdout.1'], ['stdout.1', undefined]])
})

it('a route names it for the output it leads to', async () => {
  const { outputs } = await rightPlan(config('name: es\nname: stdout', route('{name: es, fallback: stdout}')))
  expect(outputs.map(({ label, fallback }) => [label, fallback])).toEqual([['es.0', 'stdout.0'], ['stdout.0', undefined]])
})

it.each([
  [config("name: es, match: '*', fallback: stdot\nname: stdout, match: '*'"), ['7:40 unknown-output']],
  [config("name: es, match: '*', fallback: es"), ['7:40 fallback-circle']],
  [config("name: es, match: '*', fallback: stdout\nname: stdout, match: '*', fallback: es"), ['7:40 fallback-circle', '8:44 fallback-circle']],
  [config('name: es, fallback: stdout.0\nname: stdout\nname: stdout', route('{name: es, fallback: stdout.1}')), ['6:78 two-fallbacks']]
])('what cannot be is told in its place', async (text, problems) => {
  expect(told(await planYaml(text))).toEqual(problems)
})
