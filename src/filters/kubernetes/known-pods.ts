/**
 * The pods of this node, with those that were deleted: their last lines are read after their end. Kept of each is what the
 * filter adds to records and nothing else.
 *
 * A name is not a pod: a StatefulSet's pod comes back under the same name as another one. So there is a list of pods to
 * each name, the latest last, and the id of its container tells to which of them a line belongs.
 */
import { idOf, statusesOf, type ContainerStatus, type Pod, type PodContainer, type PodListener } from './metadata.ts'

/** Milliseconds for which a deleted pod stays known. */
const DELETED_KEPT = 3_600_000
/** Deleted pods that stay known at most. */
const MOST_DELETED = 2000

interface Known {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  pod: Pod
  /** Ids of its containers, past runs included. */
  readonly ids: Set<string>
  /** When it was found deleted; undefined while it is there. */
  goneAt: number | undefined
  /** The sync in which it was last seen. */
  sync: number
}

export class KnownPods {
  readonly #listener: PodListener
  readonly #byName = new Map<string, Known[]>()
  readonly #byUid = new Map<string, Known>()
  /** In the order in which they were deleted. */
  readonly #deleted = new Set<Known>()
  #sync = 0

  constructor(listener: PodListener) {
    this.#listener = listener
  }

  /** Pods that are there. */
  get size(): number {
    return this.#byUid.size - this.#deleted.size
  }

  /** All pods come anew. */
  begin(): void {
    this.#sync++
  }

  /** All have come: those that did not are deleted. */
  end(): void {
    for (const known of this.#byUid.values()) if (known.sync !== this.#sync && known.goneAt === undefined) this.#delete(known)
  }

  put(object: Pod): void {
    const { namespace, name, uid } = object.metadata ?? {}
    if (namespace === undefined || name === undefined || uid === undefined) return
    let known = this.#byUid.get(uid)
    if (known === undefined) {
      known = { namespace, name, uid, pod: object, ids: new Set(), goneAt: undefined, sync: this.#sync }
      this.#byUid.set(uid, known)
      const key = keyOf(namespace, name)
      const pods = this.#byName.get(key)
      if (pods === undefined) this.#byName.set(key, [known])
      else pods.push(known)
    }
    this.#deleted.delete(known)
    known.goneAt = undefined
    known.sync = this.#sync
    this.#update(known, object)
  }

  gone(object: Pod): void {
    const known = this.#byUid.get(object.metadata?.uid ?? '')
    if (known === undefined) return
    this.#update(known, object)
    if (known.goneAt === undefined) this.#delete(known)
  }

  /** The pod of a container: by the container's id, else the one it was found to belong to before, else the latest. */
  find({ namespace, pod, dockerId }: PodContainer, uid: string | undefined): Pod | undefined {
    const pods = this.#byName.get(keyOf(namespace, pod))
    if (pods === undefined) return undefined
    const owner = pods.find(({ ids }) => dockerId !== undefined && ids.has(dockerId)) ?? pods.find((known) => known.uid === uid)
    return (owner ?? pods.at(-1))!.pod
  }

  /** Whether all is known of the container that the runtime tells once it has started it. */
  complete({ namespace, pod, container, dockerId }: PodContainer): boolean {
    const pods = this.#byName.get(keyOf(namespace, pod)) ?? []
    if (dockerId !== undefined) return pods.some(({ ids }) => ids.has(dockerId))
    return statusesOf(pods.at(-1)?.pod).some((status) => status.name === container && status.imageID !== undefined && status.imageID !== '')
  }

  hasNamespace(namespace: string): boolean {
    for (const known of this.#byUid.values()) if (known.namespace === namespace) return true
    return false
  }

  #update(known: Known, object: Pod): void {
    known.pod = slim(object)
    for (const { containerID, lastState } of statusesOf(object)) {
      for (const id of [idOf(containerID), idOf(lastState?.terminated?.containerID)]) if (id !== undefined) known.ids.add(id)
    }
    this.#listener.podChanged(known.namespace, known.name)
  }

  #delete(known: Known): void {
    const now = performance.now()
    known.goneAt = now
    this.#deleted.add(known)
    for (const old of this.#deleted) {
      if (this.#deleted.size <= MOST_DELETED && now - old.goneAt! < DELETED_KEPT) break
      this.#forget(old)
    }
  }

  #forget(known: Known): void {
    this.#deleted.delete(known)
    this.#byUid.delete(known.uid)
    const key = keyOf(known.namespace, known.name)
    const others = this.#byName.get(key)!.filter((one) => one !== known)
    if (others.length > 0) {
      this.#byName.set(key, others)
      return
    }
    this.#byName.delete(key)
    this.#listener.podForgotten(known.namespace, known.name)
  }
}

export function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`
}

/** A pod without what the filter does not read, which is most of it. */
function slim({ metadata = {}, spec, status = {} }: Pod): Pod {
  const { name, namespace, uid, labels, annotations, ownerReferences } = metadata
  return {
    metadata: { name, namespace, uid, labels, annotations, ownerReferences },
    spec: { nodeName: spec?.nodeName },
    status: {
      podIP: status.podIP,
      containerStatuses: status.containerStatuses?.map(slimStatus),
      initContainerStatuses: status.initContainerStatuses?.map(slimStatus),
      ephemeralContainerStatuses: status.ephemeralContainerStatuses?.map(slimStatus)
    }
  }
}

function slimStatus({ name, image, imageID, containerID }: ContainerStatus): ContainerStatus {
  return { name, image, imageID, containerID }
}
