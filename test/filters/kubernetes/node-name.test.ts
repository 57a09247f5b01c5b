import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { nodeName } from '../../../src/filters/kubernetes/node-name.ts'
import { FakeKubernetes, json, status } from '../../support/fake-kubernetes.ts'
import { tempFolder } from '../../support/temp.ts'

let fake: FakeKubernetes
let namespaceFile = ''
const failures: number[] = []
beforeEach(async () => {
  fake = await FakeKubernetes.start()
  failures.length = 0
  namespaceFile = path.join(tempFolder('node'), 'namespace')
  writeFileSync(namespaceFile, 'logging')
})
afterEach(() => fake.stop())

const ask = (env: Record<string, string>, option?: string, file = namespaceFile): Promise<string> => nodeName({
  option, env, client: fake.client(), namespaceFile: file, failed: ({ status: code }) => { failures.push(code) }
})

it('is what the option says, else what the environment says', async () => {
  const env = { NODE_NAME: 'a', K8S_NODE_NAME: 'b', HOST_NAME: 'c', HOSTNAME: 'd' }
  expect(await ask(env, 'given')).toBe('given')
  expect(await ask(env)).toBe('a')
  expect(await ask({ ...env, NODE_NAME: '' })).toBe('b')
  expect(await ask({ HOST_NAME: 'c', HOSTNAME: 'd' })).toBe('c')
  expect(fake.requests).toEqual([])
})

it('is that of the own pod, asked for until there is an answer', async () => {
  fake.script.push(status(500, 'x', 'x'))
  fake.answer = json({ spec: { nodeName: 'node-a' } })
  expect(await ask({ HOSTNAME: 'agent-1' })).toBe('node-a')
  expect(fake.requests.map((request) => request.path)).toEqual(Array(2).fill('/api/v1/namespaces/logging/pods/agent-1'))
  expect(failures).toEqual([500])
  expect(await ask({ HOSTNAME: 'agent-1', POD_NAME: 'agent-2', POD_NAMESPACE: 'other' })).toBe('node-a')
  expect(fake.requests.at(-1)!.path).toBe('/api/v1/namespaces/other/pods/agent-2')
})

it('is the host\'s own where that is no pod', async () => {
  expect(await ask({ HOSTNAME: 'ip-10-0-0-1' })).toBe('ip-10-0-0-1')
  expect(await ask({ HOSTNAME: 'ip-10-0-0-1' }, undefined, '/nowhere')).toBe('ip-10-0-0-1')
  expect(fake.requests).toHaveLength(1)
})
