import { describe, expect, it } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { cutTag, nameReader } from '../../../src/filters/kubernetes/container-name.ts'

const ID = 'ab01'.repeat(16)

describe('nameReader', () => {
  const read = nameReader(false, undefined, new Pool())

  it.each([
    [`web-1_shop_app-${ID}.log`, { pod: 'web-1', namespace: 'shop', container: 'app', dockerId: ID }],
    [`web.a-1_kube-system_my-app-${ID}.log`, { pod: 'web.a-1', namespace: 'kube-system', container: 'my-app', dockerId: ID }]
  ])('reads the file name %s', (text, expected) => {
    expect(read(text)).toEqual({ containerHash: undefined, ...expected })
  })

  it.each([`web_shop_app-${ID.slice(1)}.log`, `web_shop_app-${ID}`, 'web.log', ''])('does not read %j', (text) => {
    expect(read(text)).toBeUndefined()
  })

  it('reads the journal\'s names with and without a hash', () => {
    const journal = nameReader(true, undefined, new Pool())
    expect(journal('k8s_app.1a2b_web-1_shop_uid_0')).toMatchObject({ container: 'app', containerHash: '1a2b', pod: 'web-1', namespace: 'shop' })
    expect(journal('k8s_app_web-1_shop_uid_0')).toMatchObject({ container: 'app', containerHash: undefined })
    expect(journal('docker_thing')).toBeUndefined()
  })
})

describe('cutTag', () => {
  it('cuts a prefix that is there', () => {
    expect(cutTag('kube.var.log.containers.x.log', 'kube.var.log.containers.')).toEqual({ rest: 'x.log', expected: true })
  })

  it('never cuts by length', () => {
    expect(cutTag('abcd.var.log.containers.x.log', 'kube.var.log.containers.')).toEqual({ rest: 'x.log', expected: false })
    expect(cutTag('abcd.x.log', 'kube.')).toEqual({ rest: '', expected: false })
  })
})
