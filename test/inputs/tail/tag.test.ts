import { describe, expect, it } from 'vitest'
import { tagComposer } from '../../../src/inputs/tail/tag.ts'

describe('tagComposer', () => {
  it('puts the path with dots for a star', () => {
    expect(tagComposer('kube.*', null)('/var/log/containers/web_shop.log')).toBe('kube.var.log.containers.web_shop.log')
    expect(tagComposer('*', null)('/var//log/a:b.log')).toBe('var.log.a.b.log')
    expect(tagComposer('plain', null)('/var/log/a.log')).toBe('plain')
  })

  it('fills in what an expression took, and takes no file that it does not match', () => {
    const tag = tagComposer('<ns>.<pod>.<none>', (path) => /(?<pod>[a-z-]+)_(?<ns>[a-z]+)(?<none>x)?\.log$/.exec(path))
    expect(tag('/c/web-1a_shop.log')).toBe('shop.a._')
    expect(tag('/c/other.txt')).toBeNull()
  })
})
