/**
 * What is known of pods: the seam between the filter and where the knowledge comes from, and the constants that the
 * filter appends to records.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Constant } from '../../event/constant.ts'
import type { ContainerName } from './container-name.ts'

/** Objects of the Kubernetes API (v1), as far as the filter reads them. */
export interface Pod {
  readonly metadata?: ObjectMetadata
  readonly spec?: { readonly nodeName?: string }
  readonly status?: {
    readonly podIP?: string
    readonly containerStatuses?: readonly ContainerStatus[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
  }
}

export interface Namespace {
  readonly metadata?: ObjectMetadata
}

interface ObjectMetadata {
  readonly uid?: string
  readonly labels?: { readonly [name: string]: string }
  readonly annotations?: { readonly [name: string]: string }
  readonly ownerReferences?: readonly unknown[]
}

interface ContainerStatus {
  readonly name?: string
  readonly image?: string
  readonly imageID?: string
  readonly containerID?: string
}

/** Where pods are looked up. Look-ups answer at once with what is known. */
export interface PodSource {
  pod(namespace: string, name: string): Pod | undefined
  namespace(name: string): Namespace | undefined
  /** Something to wait for before the first look-up of a pod; undefined when there is nothing. */
  prepare?(namespace: string, name: string): Promise<void> | undefined
  /** Calls back whenever more is known of this pod or its namespace. */
  watch?(namespace: string, name: string, changed: () => void): void
  close?(): Promise<void> | void
}

/** Pods and namespaces in the files `NAMESPACE_POD.meta` and `NAMESPACE.namespace_meta` of a folder, as JSON. */
export class FileSource implements PodSource {
  readonly #folder: string
  readonly #warn: (message: string) => void

  constructor(folder: string, warn: (message: string) => void) {
    this.#folder = folder
    this.#warn = warn
  }

  pod(namespace: string, name: string): Pod | undefined {
    return this.#read(`${namespace}_${name}.meta`)
  }

  namespace(name: string): Namespace | undefined {
    return this.#read(`${name}.namespace_meta`)
  }

  #read<T extends object>(name: string): T | undefined {
    const file = path.join(this.#folder, name)
    let text: string
    try {
      text = readFileSync(file, 'utf8')
    } catch {
      return undefined
    }
    try {
      const value = JSON.parse(text) as unknown
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as T
      this.#warn(`${file} holds no object; the pods it is about are known by their tags only.`)
    } catch {
      this.#warn(`${file} is not valid JSON; the pods it is about are known by their tags only.`)
    }
    return undefined
  }
}

export interface Shown {
  readonly labels: boolean
  readonly annotations: boolean
  readonly ownerReferences: boolean
}

/** The value of `kubernetes`, its keys in Fluent Bit's order. */
export function renderPod(name: ContainerName, pod: Pod | undefined, shown: Shown): Constant {
  const metadata = pod?.metadata
  const status = statusOf(pod, name.container)
  return constantOf({
    pod_name: name.pod,
    namespace_name: name.namespace,
    pod_id: metadata?.uid,
    labels: shown.labels ? metadata?.labels : undefined,
    annotations: shown.annotations ? metadata?.annotations : undefined,
    ownerReferences: shown.ownerReferences ? metadata?.ownerReferences : undefined,
    host: pod?.spec?.nodeName,
    pod_ip: pod?.status?.podIP,
    container_name: name.container,
    docker_id: name.dockerId ?? idOf(status?.containerID),
    container_hash: name.containerHash ?? idOf(status?.imageID),
    container_image: status?.image
  })
}

/** The value of `kubernetes_namespace`. */
export function renderNamespace(name: string, namespace: Namespace, shown: Omit<Shown, 'ownerReferences'>): Constant {
  return constantOf({
    name,
    labels: shown.labels ? namespace.metadata?.labels : undefined,
    annotations: shown.annotations ? namespace.metadata?.annotations : undefined
  })
}

function constantOf(value: { readonly [key: string]: unknown }): Constant {
  return new Constant(JSON.stringify(value))
}

function statusOf(pod: Pod | undefined, container: string | undefined): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod?.status ?? {}
  return [...containerStatuses, ...initContainerStatuses].find((status) => status.name === container)
}

/** What follows the scheme of `containerd://…` or `docker-pullable://…`; a digest as it stands; nothing without a colon. */
function idOf(text: string | undefined): string | undefined {
  const colon = text?.indexOf(':') ?? -1
  if (text === undefined || colon < 0) return undefined
  const id = /^:\/+(.*)$/s.exec(text.slice(colon))?.[1] ?? text
  return id === '' ? undefined : id
}
