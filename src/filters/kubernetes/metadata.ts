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
  readonly spec?: { readonly nodeName?: string | undefined } | undefined
  readonly status?: {
    readonly podIP?: string | undefined
    readonly containerStatuses?: readonly ContainerStatus[] | undefined
    readonly initContainerStatuses?: readonly ContainerStatus[] | undefined
    readonly ephemeralContainerStatuses?: readonly ContainerStatus[] | undefined
  }
}

export interface Namespace {
  readonly metadata?: ObjectMetadata
}

interface ObjectMetadata {
  readonly name?: string | undefined
  readonly namespace?: string | undefined
  readonly uid?: string | undefined
  readonly resourceVersion?: string | undefined
  readonly labels?: { readonly [name: string]: string } | undefined
  readonly annotations?: { readonly [name: string]: string } | undefined
  readonly ownerReferences?: readonly unknown[] | undefined
}

export interface ContainerStatus {
  readonly name?: string | undefined
  readonly image?: string | undefined
  readonly imageID?: string | undefined
  readonly containerID?: string | undefined
  /** The run before this one. */
  readonly lastState?: { readonly terminated?: { readonly containerID?: string } } | undefined
}

/** A container whose pod and namespace are known by name. */
export interface PodContainer extends ContainerName {
  readonly pod: string
  readonly namespace: string
}

/** Where pods are looked up. Look-ups answer at once with what is known. */
export interface PodSource {
  /**
   * The pod of a container. One pod may follow another under the same name: `uid` is that of the pod to which the
   * container was found to belong before.
   */
  pod(container: PodContainer, uid: string | undefined): Pod | undefined
  namespace(name: string): Namespace | undefined
  /** Something to wait for before the first look-up of a container; undefined when there is nothing. */
  prepare?(container: PodContainer): Promise<void> | undefined
  close?(): Promise<void> | void
}

/** What a source tells the filter of. */
export interface PodListener {
  /** More is known of a pod. */
  podChanged(namespace: string, name: string): void
  namespaceChanged(namespace: string): void
  /** A pod has been gone for so long that nothing of it will come any more. */
  podForgotten(namespace: string, name: string): void
}

/** Pods and namespaces in the files `NAMESPACE_POD.meta` and `NAMESPACE.namespace_meta` of a folder, as JSON. */
export class FileSource implements PodSource {
  readonly #folder: string
  readonly #warn: (message: string) => void

  constructor(folder: string, warn: (message: string) => void) {
    this.#folder = folder
    this.#warn = warn
  }

  pod({ namespace, pod }: PodContainer): Pod | undefined {
    return this.#read(`${namespace}_${pod}.meta`)
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
  return statusesOf(pod).find((status) => status.name === container)
}

/** Of all containers of a pod, those that run for its whole life first. */
export function statusesOf(pod: Pod | undefined): readonly ContainerStatus[] {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod?.status ?? {}
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses]
}

/** What follows the scheme of `containerd://…` or `docker-pullable://…`; a digest as it stands; nothing without a colon. */
export function idOf(text: string | undefined): string | undefined {
  const colon = text?.indexOf(':') ?? -1
  if (text === undefined || colon < 0) return undefined
  const id = /^:\/+(.*)$/s.exec(text.slice(colon))?.[1] ?? text
  return id === '' ? undefined : id
}
