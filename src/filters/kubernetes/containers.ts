/** The containers whose records were seen, with what is added to those records. */
import type { Constant } from '../../event/constant.ts'
import { NO_WISHES, type StreamWishes, type Wishes } from './annotations.ts'
import type { ContainerName } from './container-name.ts'
import type { PodContainer } from './metadata.ts'
import { RateLimit, type Rate } from './rate-limit.ts'
import type { Seams } from './seams.ts'

export interface Container {
  readonly name: ContainerName
  /** Of the pod that it was found to belong to; undefined while none was found. */
  uid: string | undefined
  pod: Constant | null
  namespace: Constant | null
  wishes: Wishes
  /** For records without a stream. */
  both: StreamWishes
  /** Shared by the containers of the pod. */
  limit: RateLimit | undefined
  /** There from the first wish for a multiline parser on. */
  seams: Seams | undefined
}

export const NAMELESS: ContainerName = {
  pod: undefined, namespace: undefined, container: undefined, dockerId: undefined, containerHash: undefined
}

export function newContainer(name: ContainerName): Container {
  return { name, uid: undefined, pod: null, namespace: null, wishes: NO_WISHES, both: NO_WISHES.stdout, limit: undefined, seams: undefined }
}

export function isOfPod(name: ContainerName): name is PodContainer {
  return name.pod !== undefined && name.namespace !== undefined
}

export class Containers {
  readonly #most: number
  readonly #byId = new Map<string, Container>()
  /** By namespace, then by pod, then by the id they were added under. */
  readonly #byPod = new Map<string, Map<string, Map<string, Container>>>()

  /** Of more than `most`, the one that was added first is let go: it is looked up again when it comes again. */
  constructor(most: number) {
    this.#most = most
  }

  get(id: string): Container | undefined {
    return this.#byId.get(id)
  }

  add(id: string, name: ContainerName): Container {
    if (this.#byId.size >= this.#most) this.#remove(...this.#byId.entries().next().value!)
    const container = newContainer(name)
    this.#byId.set(id, container)
    this.#podOf(name, true)!.set(id, container)
    return container
  }

  all(): Iterable<Container> {
    return this.#byId.values()
  }

  ofPod(namespace: string, pod: string): Iterable<Container> {
    return this.#byPod.get(namespace)?.get(pod)?.values() ?? []
  }

  * ofNamespace(namespace: string): Generator<Container> {
    for (const pod of this.#byPod.get(namespace)?.values() ?? []) yield * pod.values()
  }

  /** The limit of the container's pod, the same for all of its containers. */
  limitOf(container: Container, rate: Rate | undefined): RateLimit | undefined {
    if (rate === undefined) return undefined
    for (const other of this.#podOf(container.name, false)?.values() ?? []) {
      const { limit, uid } = other
      if (limit !== undefined && uid === container.uid && limit.rate.records === rate.records && limit.rate.seconds === rate.seconds) return limit
    }
    return new RateLimit(rate)
  }

  forget(namespace: string, pod: string): void {
    for (const id of this.#byPod.get(namespace)?.get(pod)?.keys() ?? []) this.#byId.delete(id)
    const pods = this.#byPod.get(namespace)
    pods?.delete(pod)
    if (pods?.size === 0) this.#byPod.delete(namespace)
  }

  #remove(id: string, { name }: Container): void {
    this.#byId.delete(id)
    const pod = this.#podOf(name, false)
    pod?.delete(id)
    if (pod?.size === 0) this.forget(name.namespace ?? '', name.pod ?? '')
  }

  #podOf({ namespace = '', pod = '' }: ContainerName, make: boolean): Map<string, Container> | undefined {
    let pods = this.#byPod.get(namespace)
    if (pods === undefined && make) this.#byPod.set(namespace, (pods = new Map<string, Map<string, Container>>()))
    let containers = pods?.get(pod)
    if (containers === undefined && make) pods!.set(pod, (containers = new Map<string, Container>()))
    return containers
  }
}
