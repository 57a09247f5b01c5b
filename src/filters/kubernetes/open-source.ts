/** Where the filter's options say that pods are looked up. */
import { existsSync } from 'node:fs'
import process from 'node:process'
import type { OptionsOf } from '../../config/fields.ts'
import { ApiClient } from '../../lib/kubernetes-api/client.ts'
import { apiServerUrl } from '../../lib/kubernetes-api/in-cluster.ts'
import type { FilterContext } from '../../plugin/filter.ts'
import type { apiOptions } from './api-options.ts'
import { ApiSource } from './api-source.ts'
import { KubeletSource } from './kubelet-source.ts'
import { FileSource, type PodListener, type PodSource } from './metadata.ts'
import { Namespaces } from './namespaces.ts'
import { nodeName } from './node-name.ts'

export type SourceOptions = OptionsOf<typeof apiOptions>

/** The name of the API server in every cluster; the kubelet gives its address to every pod. */
const COMMON_NAME = /^https:\/\/kubernetes\.default(\.svc(\.cluster\.local)?)?(:443)?\/?$/

/** What namespaces are asked for: to be shown in records, or only for what pods inherit of their annotations. */
export type NamespaceUse = 'shown' | 'inherited' | undefined

/** Undefined when there is nothing to ask. */
export function openSource(options: SourceOptions, use: NamespaceUse, context: FilterContext, listener: PodListener): PodSource | undefined {
  const { log, meter } = context
  if (options.kube_meta_preload_cache_dir !== undefined) {
    return new FileSource(options.kube_meta_preload_cache_dir, (message) => log.warn(message))
  }
  const common = COMMON_NAME.test(options.kube_url)
  if (common && options.kube_token_command === undefined && !existsSync(options.kube_token_file)) {
    log.info(`Pods are known by what their tags tell: there is no \`kube_token_file\` ${options.kube_token_file}, so this is no pod of a cluster.`)
    return undefined
  }
  const api = new ApiClient(clientOptions(options, common ? apiServerUrl(process.env) : options.kube_url))
  const namespaces = use === undefined
    ? undefined
    : {
      ttl: options.kube_meta_namespace_cache_ttl,
      failed: (message: string) => {
        if (use === 'shown') log.warn(`Namespaces cannot be read, so their labels and annotations are missing. ${message}`)
        // an addition of ours that needs not be allowed
        else log.info(`Namespaces cannot be read, so annotations fantail.io/… there are without effect. ${message}`)
      }
    }
  if (!options.use_kubelet) {
    const node = nodeName({
      option: options.kube_node_name,
      env: process.env,
      client: api,
      namespaceFile: options.kube_namespace_file,
      failed: (failure) => log.error(`The name of the node is not known yet: ${failure.message}`)
    })
    return new ApiSource({ client: api, node, log, meter, listener, namespaces })
  }
  const host = options.kubelet_host
  const client = new ApiClient(clientOptions(options, `https://${host.includes(':') ? `[${host}]` : host}:${options.kubelet_port}`))
  const source: KubeletSource = new KubeletSource({
    client,
    log,
    meter,
    listener,
    namespaces: namespaces === undefined
      ? undefined
      : new Namespaces(api, namespaces.failed, namespaces.ttl, (name) => {
        listener.namespaceChanged(name)
        source.look()
      })
  })
  return source
}

function clientOptions(options: SourceOptions, url: string): ConstructorParameters<typeof ApiClient>[0] {
  return {
    url,
    token: { file: options.kube_token_file, command: options.kube_token_command, ttl: options.kube_token_ttl },
    caFile: options.kube_ca_file,
    caPath: options.kube_ca_path,
    verify: options['tls.verify'],
    verifyHostname: options['tls.verify_hostname'],
    serverName: options['tls.vhost'],
    userAgent: 'fantail'
  }
}
