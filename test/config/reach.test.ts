import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { patternsMeet } from '../../src/config/reach.ts'
import { planYaml, told } from '../support/plan.ts'

describe('patternsMeet', () => {
  it.each([
    ['kube.*', 'kube.*', true],
    ['kube.*', 'kube.var.log', true],
    ['a*', '*b', true],
    ['a*c', 'ab*', true],
    ['kube.*', 'host.*', false],
    ['app', 'apps', false],
    ['*', '', true]
  ])('%s and %s: %s', (a, b, meet) => {
    expect(patternsMeet(a, b)).toBe(meet)
    expect(patternsMeet(b, a)).toBe(meet)
  })

  it('agrees with a regular expression where one side has no star', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 })
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 8 })
    fc.assert(fc.property(pattern, letters, (one, text) => {
      const regex = new RegExp(`^${one.replaceAll('.', '\\.').replaceAll('*', '.*')}$`)
      expect(patternsMeet(one, text)).toBe(regex.test(text))
    }))
  })
})

function pipeline(input: string, outputs: string, filters = ''): string {
  return `pipeline:\n  inputs:\n    - {name: tail, path: a, ${input}}\n${filters}  outputs:\n${outputs}`
}

describe('data that goes nowhere', () => {
  it('is an error when nothing goes anywhere', async () => {
    const result = await planYaml(pipeline('tag: app', '    - {name: stdout, match: web}\n'))
    expect(told(result)).toEqual(['3:7 input-goes-nowhere', '5:7 output-gets-nothing (warning)'])
    expect(result.plan).toBeUndefined()
  })

  it('is a warning when other data flows', async () => {
    const result = await planYaml(pipeline('tag: app}\n    - {name: tail, path: b, tag: web', '    - {name: stdout, match: web}\n'))
    expect(told(result)).toEqual(['3:7 input-goes-nowhere (warning)'])
  })

  it('is told of an output that nothing reaches', async () => {
    const result = await planYaml(pipeline('tag: app', '    - {name: stdout, match: app}\n    - {name: es, match_regex: ^web}\n'))
    expect(told(result)).toEqual(['6:7 output-gets-nothing (warning)'])
  })

  it('is not told where senders choose the tag, or the tag has a star', async () => {
    expect(told(await planYaml('pipeline:\n  inputs: [{name: forward}]\n  outputs: [{name: stdout, match: anything}]\n'))).toEqual([])
    expect(told(await planYaml(pipeline('tag: kube.*', '    - {name: stdout, match: kube.var.*}\n')))).toEqual([])
  })
})
