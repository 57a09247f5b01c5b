import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { ApiSource } from '../../../src/filters/kubernetes/api-source.ts'
import { KubeletSource } from '../../../src/filters/kubernetes/kubelet-source.ts'
import { FileSource, type PodSource } from '../../../src/filters/kubernetes/metadata.ts'
import { openSource, type SourceOptions } from '../../../src/filters/kubernetes/open-source.ts'
import { apiOptions } from '../../../src/filters/kubernetes/api-options.ts'
import type { Field } from '../../../src/config/fields.ts'
import { defaultOf } from '../../../src/config/values.ts'
import type { FilterContext } from '../../../src/plugin/filter.ts'
import { tempFolder } from '../../support/temp.ts'

const defaults = Object.fromEntries(Object.entries<Field>(apiOptions).map(([name, field]) => [name, defaultOf(field)]))
const said: string[] = []

async function kind (options: Partial<SourceOptions>): Promise<string | undefined> {
  const say = (text: string): void => { said.push(text) }
  const context = {
    log: { error: say, warn: say, info: say, debug: say },
    meter: { counter: () => ({ value: 0 }), gauge: () => undefined, gauges: () => undefined }
  } as unknown as FilterContext
  const listener = { podChanged: () => undefined, namespaceChanged: () => undefined, podForgotten: () => undefined }
  const source: PodSource | undefined = openSource({ ...defaults, ...options } as SourceOptions, 'shown', context, listener)
  await source?.close?.()
  return [ApiSource, KubeletSource, FileSource].find((one) => source instanceof one)?.name
}

it('pods come from where the options say', async () => {
  const folder = tempFolder('source')
  const token = path.join(folder, 'token')
  writeFileSync(token, 'x')
  const elsewhere = { kube_url: 'http://127.0.0.1:1', kube_node_name: 'n' }
  expect(await kind({ kube_meta_preload_cache_dir: folder, kube_token_file: token })).toBe('FileSource')
  expect(await kind({ ...elsewhere, kube_token_file: token })).toBe('ApiSource')
  expect(await kind({ ...elsewhere, kube_token_file: token, use_kubelet: true, kubelet_host: '::1', kubelet_port: 1 })).toBe('KubeletSource')
  expect(await kind({ kube_token_file: token, kube_node_name: 'n' })).toBe('ApiSource')
})

it('nothing is asked outside of a cluster, which is said', async () => {
  for (const url of ['https://kubernetes.default.svc', 'https://kubernetes.default.svc:443', 'https://kubernetes.default.svc.cluster.local/']) {
    said.length = 0
    expect(await kind({ kube_url: url, kube_token_file: '/nowhere/token' })).toBeUndefined()
    expect(said).toEqual([expect.stringContaining('/nowhere/token')])
  }
})
