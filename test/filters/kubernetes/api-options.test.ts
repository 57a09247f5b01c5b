import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Field } from '../../../src/config/fields.ts'
import { checkOptions } from '../../../src/config/check-options.ts'
import { Problems } from '../../../src/config/problem.ts'
import { readYaml } from '../../../src/config/yaml.ts'
import { apiOptions } from '../../../src/filters/kubernetes/api-options.ts'

function check(lines: string): { options: Record<string, unknown>; problems: string[] } {
  const problems = new Problems()
  const entries = readYaml(`service:\n${lines.replace(/^/gm, '  ')}`, 'a.yaml', problems)[0]?.entries ?? []
  const owner = { title: 'the filter kubernetes', place: { file: 'a.yaml', line: 1, column: 1 } }
  const { options } = checkOptions(entries, [apiOptions], owner, { problems, tolerant: false, hidden: [] })
  return { options: options[0] ?? {}, problems: problems.list.map(({ level, code }) => `${level} ${code}`) }
}

describe('options of the API', () => {
  it('are taken as configurations in use write them, and none is refused', () => {
    const { options, problems } = check([
      'Kube_URL: https://kubernetes.default.svc:443', 'Kube_CA_File: /run/ca.crt', 'Kube_Token_File: /run/token',
      'Use_Kubelet: On', 'Kubelet_Port: 10250', 'Buffer_Size: 0', 'tls.verify: Off', 'DNS_Wait_Time: 5'
    ].join('\n'))
    expect(problems.filter((problem) => problem.startsWith('error'))).toEqual([])
    expect(options).toMatchObject({
      kube_url: 'https://kubernetes.default.svc:443', use_kubelet: true, kubelet_port: 10250, buffer_size: 0, 'tls.verify': false,
      dns_wait_time: 5000
    })
  })

  it('have Fluent Bit\'s defaults', () => {
    expect(check('tls.debug: 0').options).toMatchObject({
      kube_url: 'https://kubernetes.default.svc', kubelet_host: '127.0.0.1', kubelet_port: 10250, kube_token_ttl: 600_000,
      dns_retries: 6, dns_wait_time: 30_000, buffer_size: 32_000, 'tls.verify': true, 'tls.verify_hostname': false
    })
  })

  it('know pod association by its older name, and an answer of any size by words', () => {
    expect(check('use_pod_association: on').options['aws_use_pod_association']).toBe(true)
    expect(check('buffer_size: off').options['buffer_size']).toBe(Infinity)
  })

  it('still must be of their kind', () => {
    expect(check('kubelet_port: many').problems).toEqual(['error wrong-value'])
    expect(check('kube_urls: x').problems).toEqual(['error unknown-option'])
  })

  it('are without effect where an association of pods, DNS at the start, TLS\'s talk or a limit of answers is meant, and there only', () => {
    const without = Object.entries<Field>(apiOptions).filter(([, field]) => field.withoutEffect !== undefined).map(([name]) => name)
    expect(without.filter((name) => !name.startsWith('aws_'))).toEqual([
      'buffer_size', 'tls.debug', 'dns_retries', 'dns_wait_time', 'cache_use_docker_id', 'set_platform'
    ])
    const page = readFileSync(new URL('../../../docs/reference/differences.md', import.meta.url), 'utf8')
    expect(without.filter((name) => !page.includes(`| filter kubernetes | \`${name}\` |`))).toEqual([])
  })
})
