import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { apiServerUrl, inClusterOptions, ownNamespace } from '../../../src/lib/kubernetes-api/in-cluster.ts'
import { tempFolder } from '../../support/temp.ts'

it('the API server is at the address that the kubelet gives, else at its name', () => {
  expect(apiServerUrl({ KUBERNETES_SERVICE_HOST: '10.100.0.1', KUBERNETES_SERVICE_PORT: '443' })).toBe('https://10.100.0.1:443')
  expect(apiServerUrl({ KUBERNETES_SERVICE_HOST: 'fd00::1' })).toBe('https://[fd00::1]')
  expect(apiServerUrl({ KUBERNETES_SERVICE_HOST: '' })).toBe('https://kubernetes.default.svc')
  expect(inClusterOptions({}, 'x')).toMatchObject({ url: 'https://kubernetes.default.svc', verify: true, verifyHostname: true })
})

it('the own namespace is what the file says', () => {
  const file = path.join(tempFolder('namespace'), 'namespace')
  writeFileSync(file, 'logging\n')
  expect(ownNamespace(file)).toBe('logging')
  expect(ownNamespace(`${file}.none`)).toBeUndefined()
})
