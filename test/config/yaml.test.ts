import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainOf } from '../../src/config/document.ts'
import { Problems } from '../../src/config/problem.ts'
import { readYaml } from '../../src/config/yaml.ts'
import { shapes } from '../support/plan.ts'

function read(text: string): { sections: ReturnType<typeof readYaml>; problems: string[] } {
  const problems = new Problems()
  const sections = readYaml(text, 'agent.yaml', problems)
  return { sections, problems: problems.list.map(({ code, place }) => `${place?.line}:${place?.column} ${code}`) }
}

describe('readYaml', () => {
  it('makes a section of every item, in order', () => {
    const { sections, problems } = read(`
service:
  flush: 0.20
parsers:
  - name: j
    format: json
pipeline:
  inputs:
    - name: tail
      path: [a, b]
  outputs:
    - Name: stdout
      Match: '*'
`)
    expect(problems).toEqual([])
    expect(shapes(sections)).toEqual([
      ['service', [['flush', '0.20']]],
      ['parser', [['name', 'j'], ['format', 'json']]],
      ['input', [['name', 'tail'], ['path', ['a', 'b']]]],
      ['output', [['Name', 'stdout'], ['Match', '*']]]
    ])
  })

  it('keeps the text of scalars as written, and their meaning beside it', () => {
    const { sections } = read('service:\n  a: 007\n  b: On\n  c: true\n  d: \'5\'\n  e:\n')
    expect(sections[0]?.entries.map(({ value }) => [value.kind === 'scalar' && value.text, plainOf(value)])).toEqual([
      ['007', 7], ['On', 'On'], ['true', true], ['5', '5'], ['', null]
    ])
  })

  it('keeps repeated keys', () => {
    expect(shapes(read('service:\n  parsers_file: a\n  parsers_file: b\n').sections)).toEqual([
      ['service', [['parsers_file', 'a'], ['parsers_file', 'b']]]
    ])
  })

  it('knows the place of every key and value', () => {
    const entry = read('service:\n  flush:   5\n').sections[0]?.entries[0]
    expect([entry?.place.line, entry?.place.column, entry?.value.place.column]).toEqual([2, 3, 12])
  })

  it('reads env as a map or as a list', () => {
    expect(shapes(read('env:\n  a: b\n').sections)).toEqual([['env', [['a', 'b']]]])
    expect(shapes(read('env:\n  - name: a\n    value: b\n').sections)).toEqual([['env', [['a', [['name', 'a'], ['value', 'b']]]]]])
  })

  it('follows aliases', () => {
    const { sections } = read('pipeline:\n  inputs:\n    - &one\n      name: tail\n    - *one\n')
    expect(shapes(sections)).toEqual([['input', [['name', 'tail']]], ['input', [['name', 'tail']]]])
  })

  it('gives an alias what its anchor was above it', () => {
    const { sections } = read('service:\n  a: &x 1\n  b: &m [*x]\n  c: &x 2\n  d: *m\n  e: *x\n')
    expect(shapes(sections)).toEqual([['service', [['a', '1'], ['b', ['1']], ['c', '2'], ['d', ['1']], ['e', '2']]]])
  })

  it('refuses aliases that multiply, at once and with one place', () => {
    const nine = (item: string): string => `[${Array.from({ length: 9 }, () => item).join()}]`
    const lines = Array.from({ length: 9 }, (_, index) => `a${index + 1}: &a${index + 1} ${nine(`*a${index}`)}`)
    const { sections, problems } = read([`a0: &a0 ${nine('x')}`, ...lines].join('\n'))
    expect([sections, problems]).toEqual([[], ['6:10 yaml-aliases']])
  })

  it.each([
    ['lists', '['.repeat(3000) + ']'.repeat(3000), '1:101 yaml-deep'],
    ['maps', '{a: '.repeat(3000) + '}'.repeat(3000), '1:401 yaml-deep'],
    ['lists that are never closed', '['.repeat(3000), '1:101 yaml-deep'],
    ['lists in lines', '- '.repeat(3000), '1:201 yaml-deep'],
    ['aliases', ['a0: &a0 []', ...Array.from({ length: 200 }, (_, index) => `a${index + 1}: &a${index + 1} [*a${index}]`)].join('\n'), '1:9 yaml-deep']
  ])('refuses %s nested too deep', (_, text, problem) => {
    expect(read(text)).toEqual({ sections: [], problems: [problem] })
  })

  it.each([
    ['an alias without an anchor', 'pipeline: *nope\n', '1:11 yaml-anchor'],
    ['an alias inside of its anchor', 'a: &a {x: *a}\n', '1:11 yaml-circle'],
    ['a second document', 'service:\n  flush: 1\n---\nservice:\n', '3:1 yaml-documents']
  ])('refuses %s', (_, text, problem) => {
    expect(read(text)).toEqual({ sections: [], problems: [problem] })
  })

  it('passes unknown sections on', () => {
    expect(read('servic:\n  a: b\npipeline:\n  input: []\n').sections.map(({ type }) => type)).toEqual(['servic', 'pipeline.input'])
  })

  it.each([
    ['broken syntax', 'service:\n  flush: [1\n', 'yaml-syntax'],
    ['tabs', 'service:\n\tflush: 1\n', 'yaml-syntax'],
    ['a list instead of a map', '- service\n', 'yaml-shape'],
    ['a map instead of a list', 'pipeline:\n  inputs:\n    name: tail\n', '3:5 yaml-shape'],
    ['a text instead of an input', 'pipeline:\n  inputs:\n    - tail\n', '3:7 yaml-shape']
  ])('tells of %s', (_, text, problem) => {
    expect(read(text).problems.join()).toContain(problem)
  })

  it.each([
    ['a tab', 'service:\n\tflush: 1\n', 'Indent with blanks'],
    ['an open bracket', 'service: {a: [1\n', 'close every bracket'],
    ['an open quote', 'service:\n  a: "x\n', 'Close what is opened'],
    ['an unquoted colon, whatever tabs there are', 'service:\n  a: b: c # \t\n', 'in quotes'],
    ['an unquoted star', 'service:\n  match: *\n', 'in quotes']
  ])('says what to do about %s', (_, text, remedy) => {
    const problems = new Problems()
    readYaml(text, 'agent.yaml', problems)
    expect(problems.list[0]?.hint).toContain(remedy)
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => {
      expect(Array.isArray(read(text).sections)).toBe(true)
    }), { numRuns: 300 })
  })
})
