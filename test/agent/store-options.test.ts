import { describe, expect, it } from 'vitest'
import { storeOptions } from '../../src/agent/store-options.ts'
import type { Log } from '../../src/plugin/context.ts'
import { planOf } from './plan-of.ts'

const said: string[] = []
const logOf = (output: string): Log => {
  const say = (message: string, details?: object): void => void said.push(`${output}: ${message} ${JSON.stringify(details)}`)
  return { error: say, warn: say, info: say, debug: say }
}

async function options(service: string, input = '', output = ''): Promise<ReturnType<typeof storeOptions>> {
  return storeOptions(await planOf(`  inputs: [{name: dummy, alias: in${input}}]\n  outputs: [{name: 'null', alias: out, match: '*'${output}}]\n`, `service: {${service}}`), '/state', logOf)
}

describe('storage options', () => {
  it('by default: memory of 5 MB, 8 GB on disk, no limit of an output, nothing synced at once, corrupt frames kept', async () => {
    expect(await options('')).toMatchObject({
      directory: '/state', syncEveryFrame: false, keepsCorrupt: true, limit: 8e9,
      inputs: [{ name: 'in', storage: 'memory', memoryLimit: 5e6 }], outputs: [{ name: 'out', totalLimit: undefined }]
    })
  })

  it.each([
    ['storage.sync: full', { syncEveryFrame: true }],
    ['storage.sync: normal', { syncEveryFrame: false }],
    ['storage.delete_irrecoverable_chunks: on', { keepsCorrupt: false }],
    ['storage.total_limit_size: 10M', { limit: 10e6 }],
    ['storage.type: filesystem', { inputs: [{ storage: 'memory' }] }],
    ['storage.type: filesystem, storage.inherit: on', { inputs: [{ storage: 'filesystem' }] }],
    ['storage.type: memrb, storage.inherit: on', { inputs: [{ storage: 'memrb' }] }]
  ])('of the service: %s', async (service, meaning) => {
    expect(await options(service)).toMatchObject(meaning)
  })

  it.each([
    [', storage.type: filesystem', { storage: 'filesystem' }],
    [', storage.type: memrb, mem_buf_limit: 1M', { storage: 'memrb', memoryLimit: 1e6 }],
    [', storage.type: memory', { storage: 'memory' }]
  ])('of an input: %s', async (input, meaning) => {
    expect(await options('storage.type: filesystem, storage.inherit: on', input)).toMatchObject({ inputs: [meaning] })
  })

  it.each([['5M', 5e6], ['off', undefined], ['-1', undefined]])('of an output: storage.total_limit_size %s', async (size, totalLimit) => {
    expect(await options('', '', `, storage.total_limit_size: ${size}`)).toMatchObject({ outputs: [{ totalLimit }] })
  })

  it('an output hears why records that it did not have yet are given up', async () => {
    const { gaveUp } = await options('')
    for (const reason of ['total_limit_size', 'memrb', 'unclaimed', 'corrupt']) gaveUp!('out', reason, 3)
    expect(said.map((line) => /storage\.\w+|configured|damaged/.exec(line)?.[0])).toEqual(['storage.total_limit_size', 'storage.type', 'configured', 'damaged'])
    expect(said[0]).toMatch(/^out: .*{"reason":"total_limit_size","records":3}$/)
  })
})
