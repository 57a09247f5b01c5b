import { describe, expect, it } from 'vitest'
import { renderNamespace, renderPod, type Pod } from '../../../src/filters/kubernetes/metadata.ts'

const name = { pod: 'web', namespace: 'shop', container: 'app', dockerId: undefined, containerHash: undefined }
const all = { labels: true, annotations: true, ownerReferences: true }

const status = (imageID: string): Pod => ({
  status: {
    podIP: '10.0.0.7',
    containerStatuses: [{ name: 'side', image: 'other', imageID: 'x:y' }],
    initContainerStatuses: [{ name: 'app', image: 'repo/app:1', imageID, containerID: 'containerd://0123' }]
  }
})

describe('renderPod', () => {
  it('gives all that is known, in Fluent Bit\'s order', () => {
    const pod: Pod = {
      metadata: { uid: 'u', labels: { a: 'b' }, annotations: { c: 'd' }, ownerReferences: [{ kind: 'Job' }] },
      spec: { nodeName: 'node' },
      ...status('docker-pullable://repo/app@sha256:abc')
    }
    expect(renderPod(name, pod, all).bytes.toString()).toBe(
      '{"pod_name":"web","namespace_name":"shop","pod_id":"u","labels":{"a":"b"},"annotations":{"c":"d"},' +
      '"ownerReferences":[{"kind":"Job"}],"host":"node","pod_ip":"10.0.0.7","container_name":"app","docker_id":"0123",' +
      '"container_hash":"repo/app@sha256:abc","container_image":"repo/app:1"}'
    )
    const shown = { labels: false, annotations: false, ownerReferences: false }
    expect(Object.keys(renderPod(name, pod, shown).value() as object)).not.toContain('labels')
  })

  it.each([
    ['docker.io/repo@sha256:abc', 'docker.io/repo@sha256:abc'],
    ['sha256:abc', 'sha256:abc'],
    ['repo', undefined],
    ['', undefined]
  ])('takes the hash from %j', (imageID, expected) => {
    expect(renderPod(name, status(imageID), all).value()).toMatchObject(expected === undefined ? {} : { container_hash: expected })
    expect((renderPod(name, status(imageID), all).value() as { container_hash?: string }).container_hash).toBe(expected)
  })

  it('prefers what the tag says', () => {
    const known = { ...name, dockerId: 'from-tag', containerHash: 'hash' }
    expect(renderPod(known, status('a:b'), all).value()).toMatchObject({ docker_id: 'from-tag', container_hash: 'hash' })
  })
})

describe('renderNamespace', () => {
  it('gives the name and what is asked for', () => {
    const namespace = { metadata: { labels: { team: 'a' }, annotations: { b: 'c' } } }
    expect(renderNamespace('shop', namespace, { labels: true, annotations: true }).bytes.toString())
      .toBe('{"name":"shop","labels":{"team":"a"},"annotations":{"b":"c"}}')
    expect(renderNamespace('shop', {}, { labels: true, annotations: true }).value()).toEqual({ name: 'shop' })
  })
})
