import { expect, it } from 'vitest'
import { COMPONENTS, PREFIXES, componentOf } from '../../../src/inputs/cloudwatch-logs/component.ts'

const ID = '0f1e2d3c4b5a69788796a5b4c3d2e1f0'

it.each([
  [`kube-apiserver-audit-${ID}`, 'audit'], [`kube-apiserver-${ID}`, 'api'], [`authenticator-${ID}`, 'authenticator'],
  [`kube-controller-manager-${ID}`, 'controllerManager'], [`cloud-controller-manager-${ID}`, 'controllerManager'], [`kube-scheduler-${ID}`, 'scheduler'],
  ['kube-apiserver', undefined], [`my-kube-scheduler-${ID}`, undefined], ['', undefined]
] as const)('the stream "%s" is of %s', (stream, component) => {
  expect(componentOf(stream)).toBe(component)
})

it('has for each log type of EKS the prefix by which its streams are asked for', () => {
  expect([...COMPONENTS].sort()).toEqual(['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'])
  for (const component of COMPONENTS) expect(componentOf(PREFIXES[component] + ID)).toBe(component)
})
