import { describe, expect, it } from 'vitest'
import { build, through } from './support.ts'

describe('filter rewrite_tag', () => {
  it('sends a matching record on under a new tag, and keeps or drops it', async () => {
    const built = await build('rewrite_tag', { rule: ['$level ^(err)or$ new.$1.$TAG[1].$k[\'a\'] false', '$msg hello hi.$TAG true'] })
    const lines = ['{"level":"error","k":{"a":"x"}}', '{"msg":"hello"}', '{"msg":"other"}']
    expect(through(built, lines, 'app.web')).toEqual([undefined, lines[1], lines[2]])
    expect(built.emitted).toEqual([{ tag: 'new.err.web.x', body: lines[0] }, { tag: 'hi.app.web', body: lines[1] }])
  })

  it('takes the first rule that matches', async () => {
    const built = await build('rewrite_tag', { rule: ['$a x one false', '$a x two false'] })
    through(built, ['{"a":"x"}'])
    expect(built.emitted.map(({ tag }) => tag)).toEqual(['one'])
  })

  it('lets a record pass whose new tag is its old one or empty', async () => {
    const same = await build('rewrite_tag', { rule: '$a x app false' })
    expect(through(same, ['{"a":"x"}'], 'app')).toEqual(['{"a":"x"}'])
    expect(same.emitted).toEqual([])
  })

  it.each([[{}], [{ rule: '$a x new maybe' }], [{ rule: '$a ( new true' }]])('refuses %j', async (properties) => {
    await expect(build('rewrite_tag', properties)).rejects.toMatchObject({ option: 'rule' })
  })
})
