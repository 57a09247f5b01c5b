import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readClassic } from '../../src/config/classic.ts'
import { Problems } from '../../src/config/problem.ts'
import { shapes } from '../support/plan.ts'

function read(text: string): { sections: ReturnType<typeof readClassic>; problems: string[] } {
  const problems = new Problems()
  const sections = readClassic(text, 'agent.conf', problems)
  return { sections, problems: problems.list.map(({ code, place }) => `${place?.line}:${place?.column} ${code}`) }
}

describe('readClassic', () => {
  it('reads sections, properties and comments', () => {
    const { sections, problems } = read([
      '# a comment',
      '[INPUT]',
      '    Name   tail',
      '    # another',
      '    Path   /var/log/*.log   ',
      '',
      '[OUTPUT]',
      '\tName stdout\r',
      '\tMatch *'
    ].join('\n'))
    expect(problems).toEqual([])
    expect(shapes(sections)).toEqual([
      ['input', [['Name', 'tail'], ['Path', '/var/log/*.log']]],
      ['output', [['Name', 'stdout'], ['Match', '*']]]
    ])
  })

  it('knows the place of every key and value', () => {
    const { sections } = read('[INPUT]\n    Name   tail\n')
    const entry = sections[0]?.entries[0]
    expect(entry?.place).toEqual({ file: 'agent.conf', line: 2, column: 5 })
    expect(entry?.value.place).toEqual({ file: 'agent.conf', line: 2, column: 12 })
  })

  it('reads commands where they stand', () => {
    const { sections } = read('@SET a=b c\n[SERVICE]\n    Flush 1\n@INCLUDE parts/*.conf\n')
    expect(shapes(sections)).toEqual([
      ['env', [['a', 'b c']]],
      ['service', [['Flush', '1']]],
      ['includes', [['includes', 'parts/*.conf']]]
    ])
  })

  it('reads groups as maps', () => {
    const { sections, problems } = read('[INPUT]\n    Name tail\n    [PROCESSORS]\n        logs x\n    Tag a\n')
    expect(problems).toEqual([])
    expect(shapes(sections)).toEqual([['input', [['Name', 'tail'], ['PROCESSORS', [['logs', 'x']]], ['Tag', 'a']]]])
  })

  it('keeps a # within a value', () => {
    expect(shapes(read('[FILTER]\n    Exclude log #x\n').sections)).toEqual([['filter', [['Exclude', 'log #x']]]])
  })

  it.each([
    ['a key without value', '[INPUT]\n    Name\n', '2:5 classic-key'],
    ['a property outside of a section', '    Name tail\n', '1:5 classic-outside'],
    ['a property that is not indented', '[INPUT]\nName tail\n', '2:1 classic-indent'],
    ['uneven indentation', '[INPUT]\n    Name tail\n\tPath x\n', '3:2 classic-indent'],
    ['a broken header', '[INPUT\n    Name tail\n', '1:1 classic-header'],
    ['@SET without a value', '@SET a\n', '1:1 classic-set'],
    ['an unknown command', '@INCLUD x\n', '1:1 classic-command']
  ])('tells of %s', (_, text, problem) => {
    expect(read(text).problems).toContain(problem)
  })

  it('never throws', () => {
    const line = fc.constantFrom('[INPUT]', '  a b', ' c', '@SET x=y', '@', '[', '#', '\t[x]', '  \td e', '')
    fc.assert(fc.property(fc.array(fc.oneof(line, fc.string())), (lines) => {
      expect(Array.isArray(read(lines.join('\n')).sections)).toBe(true)
    }))
  })
})
