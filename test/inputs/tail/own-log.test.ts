import { describe, expect, it } from 'vitest'
import { ownContainer, ownLogTest, type OwnContainer } from '../../../src/inputs/tail/own-log.ts'

const id = '0123456789abcdef'.repeat(4)
const other = 'fedcba9876543210'.repeat(4)
const uid = 'b47a9c05-6e0d-4b37-a1f0-3c0f8f1d2a11'

function container(env: NodeJS.ProcessEnv, files: { readonly [path: string]: string } = {}): OwnContainer {
  return ownContainer(env, (path) => files[path])
}

describe('the container of the agent', () => {
  it('is told by its cgroup, behind that of a node that is a container itself', () => {
    const files = { '/proc/self/cgroup': `12:memory:/docker/${other}/kubelet/kubepods/burstable/pod${uid}/${id}\n0::/\n` }
    expect(container({}, files).ids).toEqual([id])
  })

  it('is told by what the kubelet mounts into it', () => {
    const files = {
      '/proc/self/mountinfo': [
        `1 2 0:1 /var/lib/kubelet/pods/${uid}/etc-hosts /etc/hosts rw - ext4 /dev/root rw`,
        `1 2 0:1 /var/lib/kubelet/pods/${uid}/containers/fantail/4a2 /dev/termination-log rw - ext4 /dev/root rw`
      ].join('\n')
    }
    expect(container({}, files)).toMatchObject({ podUid: uid, container: 'fantail' })
  })

  it('is not taken for another whose mounts lie below those of the host', () => {
    const files = {
      '/proc/self/mountinfo': [
        `1 2 0:1 /var/lib/docker/containers/${id}/hostname /etc/hostname rw - ext4 /dev/root rw`,
        `1 2 0:1 /var/lib/docker/containers/${other}/mounts/shm /host/var/lib/docker/containers/${other}/mounts/shm rw - tmpfs shm rw`
      ].join('\n')
    }
    expect(container({}, files).ids).toEqual([id])
  })

  it('has the pod\'s name from the environment and its namespace from there or from the service account', () => {
    const account = { '/var/run/secrets/kubernetes.io/serviceaccount/namespace': 'logging\n' }
    expect(container({ HOSTNAME: 'fantail-x7', POD_NAME: '' }, account)).toMatchObject({ pod: 'fantail-x7', namespace: 'logging' })
    expect(container({ HOSTNAME: 'node-1', POD_NAME: 'fantail-x7', POD_NAMESPACE: 'ops' }, account))
      .toMatchObject({ pod: 'fantail-x7', namespace: 'ops' })
  })
})

describe('its log', () => {
  const nothing: OwnContainer = { ids: [], podUid: undefined, container: undefined, pod: undefined, namespace: undefined }

  it.each([
    `/var/lib/docker/containers/${id}/${id}-json.log`,
    `/var/log/containers/app_default_main-${id}.log`
  ])('is known by the id in %s', (path) => {
    expect(ownLogTest({ ...nothing, ids: [id] })(path)).toBe(true)
    expect(ownLogTest({ ...nothing, ids: [other] })(path)).toBe(false)
  })

  it('is known by pod and container, in both folders of the kubelet, rotated and restarted; other containers of the pod are not it', () => {
    const isOwn = ownLogTest({ ...nothing, podUid: uid, container: 'fantail', pod: 'fantail-x7', namespace: 'logging' })
    const paths = [
      `/var/log/containers/fantail-x7_logging_fantail-${other}.log`,
      `/var/log/pods/logging_fantail-x7_${uid}/fantail/3.log`,
      `/var/log/pods/logging_fantail-x7_${uid}/fantail/3.log.20260101-000000`,
      `/var/log/containers/fantail-x7_logging_sidecar-${other}.log`,
      `/var/log/pods/logging_fantail-x7_${uid}/sidecar/0.log`,
      `/var/log/containers/fantail-x7_default_fantail-${other}.log`,
      '/var/log/fantail.log'
    ]
    expect(paths.map(isOwn)).toEqual([true, true, true, false, false, false, false])
  })

  it('is that of any container of the pod where it is not known which one is the agent\'s', () => {
    const isOwn = ownLogTest({ ...nothing, pod: 'fantail-x7', namespace: 'logging' })
    expect(isOwn(`/var/log/containers/fantail-x7_logging_sidecar-${other}.log`)).toBe(true)
  })

  it('is nowhere outside of a container', () => {
    expect(ownLogTest(container({ HOSTNAME: 'laptop' }))('/var/log/laptop_x_y/z/0.log')).toBe(false)
  })
})
