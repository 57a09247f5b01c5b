import { expect, it } from 'vitest'
import { defaultOf } from '../../../src/config/values.ts'
import { options } from '../../../src/inputs/cloudwatch-logs/options.ts'

it('needs a group, and reads what comes from now on, of every stream, on this agent', () => {
  const { log_group_name: group, ...others } = options
  expect(group.required).toBe(true)
  const set = Object.entries(others).map(([name, field]) => [name, defaultOf(field)]).filter(([, value]) => value !== undefined)
  expect(Object.fromEntries(set)).toEqual({
    since: 0, interval: 10_000, settle: 15_000, lateness: 300_000, log_key: 'log', leader_election: false, lease_name: 'fantail-cloudwatch-logs',
    lease_duration: 30_000, kube_url: 'https://kubernetes.default.svc',
    kube_ca_file: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt', kube_token_file: '/var/run/secrets/kubernetes.io/serviceaccount/token'
  })
})
