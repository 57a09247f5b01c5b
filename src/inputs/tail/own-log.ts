/**
 * The log of the container that the agent itself runs in: left out of what patterns find, since an agent that ships what
 * it says of its own troubles feeds them. Known by what the kubelet and the container runtime tell of the container, never
 * by its content:
 *
 *      /proc/self/cgroup      …/kubepods/…/<container id>, where cgroups are the host's
 *      /proc/self/mountinfo   /etc/hosts          …/pods/<pod uid>/etc-hosts
 *                             /dev/termination-log …/pods/<pod uid>/containers/<container>/<number>
 *                             /etc/hostname        …/containers/<container id>/hostname (Docker, Podman)
 *      POD_NAME or HOSTNAME, POD_NAMESPACE or the namespace of the service account
 *
 * and by how the kubelet and Docker name files:
 *
 *      /var/log/containers/<pod>_<namespace>_<container>-<container id>.log
 *      /var/log/pods/<namespace>_<pod>_<pod uid>/<container>/<restarts>.log
 *      /var/lib/docker/containers/<container id>/<container id>-json.log
 */
import { readFileSync } from 'node:fs'

export interface OwnContainer {
  /** Ids of 64 hexadecimal digits. */
  readonly ids: readonly string[]
  readonly podUid: string | undefined
  readonly container: string | undefined
  readonly pod: string | undefined
  readonly namespace: string | undefined
}

const NAMESPACE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace'
const ID = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g
/** Mounts that belong to this container; below others, such as the host's folders, those of any container may be. */
const TELLING = new Set(['/etc/hosts', '/etc/hostname', '/etc/resolv.conf', '/dev/termination-log'])

/** Who the agent's container is; of what is not known, or is no container, nothing is said. */
export function ownContainer(
  env: NodeJS.ProcessEnv = process.env, read: (path: string) => string | undefined = textOf
): OwnContainer {
  const ids = new Set<string>()
  let podUid: string | undefined
  let container: string | undefined
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    // a node that is a container itself stands before it
    const last = line.match(ID)?.at(-1)
    if (last !== undefined) ids.add(last)
  }
  for (const line of (read('/proc/self/mountinfo') ?? '').split('\n')) {
    const [, , , root = '', point = ''] = line.split(' ')
    if (!TELLING.has(point)) continue
    const last = root.match(ID)?.at(-1)
    if (last !== undefined) ids.add(last)
    const pod = /\/pods\/([^/]+)\/(?:etc-hosts|containers\/([^/]+)\/)/.exec(root)
    podUid ??= pod?.[1]
    container ??= pod?.[2]
  }
  const pod = nonEmpty(env['POD_NAME']) ?? nonEmpty(env['HOSTNAME'])
  const namespace = nonEmpty(env['POD_NAMESPACE']) ?? nonEmpty(read(NAMESPACE)?.trim())
  return { ids: [...ids], podUid, container, pod, namespace }
}

/** Tells whether a path is that of the container's log. */
export function ownLogTest({ ids, podUid, container, pod, namespace }: OwnContainer): (path: string) => boolean {
  const patterns = [...ids]
  // all containers of the pod, where it is not known which of them this is
  const name = container === undefined ? '[^/]+' : escape(container)
  if (podUid !== undefined) patterns.push(`_${escape(podUid)}/${name}/[^/]*$`)
  if (pod !== undefined && namespace !== undefined) {
    patterns.push(
      `/${escape(pod)}_${escape(namespace)}_${name}-[0-9a-f]{64}\\.log[^/]*$`,
      `/${escape(namespace)}_${escape(pod)}_[^/]*/${name}/[^/]*$`
    )
  }
  if (patterns.length === 0) return () => false
  const regex = new RegExp(patterns.join('|'))
  return (path) => regex.test(path)
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function escape(text: string): string {
  return text.replace(/[^\w-]/g, '\\$&')
}
