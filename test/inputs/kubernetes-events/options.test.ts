import { expect, it } from 'vitest'
import { defaultOf } from '../../../src/config/values.ts'
import { options } from '../../../src/inputs/kubernetes-events/options.ts'

const defaults: { readonly [name: string]: unknown } = Object.fromEntries(Object.entries(options).map(([name, field]) => [name, defaultOf(field)]))

it('begins as Fluent Bit does where nothing is configured', () => {
  const account = '/var/run/secrets/kubernetes.io/serviceaccount'
  expect(defaults).toMatchObject({
    kube_url: 'https://kubernetes.default.svc', interval_sec: 0, interval_nsec: 500_000_000, kube_watch_timeout: 600_000, 'tls.debug': 0, 'tls.verify': true,
    kube_ca_file: `${account}/ca.crt`, kube_token_file: `${account}/token`, kube_token_ttl: 600_000, kube_request_limit: 0, kube_retention_time: 3_600_000,
    'db.sync': 'normal', 'db.locking': false, 'db.journal_mode': 'WAL'
  })
  expect(['tls.vhost', 'kube_ca_path', 'kube_namespace', 'db'].map((name) => defaults[name])).toEqual([undefined, undefined, undefined, undefined])
})

it('differs from it in one thing, and says so: one agent of the cluster reads', () => {
  expect([defaults['leader_election'], defaults['lease_duration']]).toEqual([true, 30_000])
  expect(Object.entries(options).filter(([, field]) => 'differs' in field).map(([name]) => name)).toEqual(['leader_election'])
})
