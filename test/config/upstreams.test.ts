import { expect, it } from 'vitest'
import { planFiles, planYaml, told } from '../support/plan.ts'

const NODES = 'nodes: [{name: a, host: one, port: 1, tls: on, http_user: u}, {name: b, host: two, port: "2"}]'

const config = (upstream: string, rest = ''): string => `pipeline:
  inputs:
    - {name: tail, path: /x.log, tag: t}
  outputs:
    - {name: es, match: '*', upstream: ${upstream}, net.keepalive: off}
${rest}`

function shown(plan: Awaited<ReturnType<typeof planYaml>>['plan']): unknown[] {
  return plan!.outputs[0]!.nodes.map(({ name, network, options }) => [name, network.host, network.port, network.tls, network['net.keepalive'], options])
}

const EXPECTED = [['a', 'one', 1, true, false, { http_user: 'u' }], ['b', 'two', 2, false, false, {}]]

it('nodes of the configuration, by name', async () => {
  const { plan } = await planYaml(config('mine', `upstream_servers:\n  - {name: other, nodes: []}\n  - {name: mine, ${NODES}}\n`))
  expect(shown(plan)).toEqual(EXPECTED)
})

it('a file of YAML', async () => {
  const { plan } = await planFiles({ 'agent.yaml': config('nodes.yaml'), 'nodes.yaml': `upstream_servers:\n  - {name: x, ${NODES}}\n` })
  expect(shown(plan)).toEqual(EXPECTED)
})

it('a classic file, with variables', async () => {
  const file = `[UPSTREAM]
    Name mine
[NODE]
    Name a
    Host \${ONE}
    Port 1
    TLS on
    HTTP_User u
[NODE]
    name b
    host two
    port 2
`
  const { plan } = await planFiles({ 'agent.yaml': config('nodes.conf'), 'nodes.conf': file }, {}, { ONE: 'one' })
  expect(shown(plan)).toEqual(EXPECTED)
})

it('what is wrong with nodes is told in its place', async () => {
  const wrong = `upstream_servers:\n  - name: mine\n    nodes: [{name: a, host: h}, {host: h, port: x}, {name: c, host: h, port: 1, index: i}]\n`
  expect(told(await planYaml(config('mine', wrong)))).toEqual([
    '8:13 missing-option', '8:33 missing-option', '8:49 wrong-value', '8:81 unknown-option'
  ])
  expect(told(await planYaml(config('mine', 'upstream_servers:\n  - {name: mine}\n')))).toEqual(['7:5 no-nodes'])
  expect(told(await planYaml(config('/no/such/file.conf')))).toEqual(['5:40 file-missing'])
})
