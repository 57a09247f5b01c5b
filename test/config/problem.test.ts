import { describe, expect, it } from 'vitest'
import { ConfigurationError, Problems, renderProblem, renderProblems } from '../../src/config/problem.ts'

const place = { file: 'a.yaml', line: 2, column: 4 }
const sources = new Map([['a.yaml', 'one\n\tx flsh: 5\nthree']])

describe('renderProblem', () => {
  it('shows place, sentence, line, caret and what to do', () => {
    const problems = new Problems()
    problems.error('unknown-option', { option: 'flsh', owner: 'service' }, place, { length: 4, hint: 'Did you mean flush?' })
    expect(problems.list.map((problem) => renderProblem(problem, sources))).toEqual([[
      'a.yaml:2:4: error: unknown option flsh of service',
      '   2 | \tx flsh: 5',
      '     | \t  ^^^^',
      '  Did you mean flush?'
    ].join('\n')])
  })

  it('does without the line where there is none', () => {
    const problems = new Problems()
    problems.warning('no-inputs', {}, { file: 'other', line: 1, column: 1 })
    problems.error('no-outputs', {})
    expect(renderProblems(problems.list, sources)).toBe(
      'other:1:1: warning: the configuration has no input\n\nerror: the configuration has no output'
    )
  })

  it('never underlines beyond the line', () => {
    const problems = new Problems()
    problems.error('no-inputs', {}, place, { length: 500 })
    expect(renderProblem(problems.list[0]!, sources).split('\n').at(-1)).toBe('     | \t  ^^^^^^^')
  })
})

describe('long lines', () => {
  it.each([[0, '^^^^'], [5000, '^^^^'], [9996, '^^^^'], [9999, '^']])('are cut around the caret at %i', (at, carets) => {
    const line = `${'x'.repeat(at)}flsh${'x'.repeat(Math.max(0, 9996 - at))}`.slice(0, 10_000)
    const problems = new Problems()
    problems.error('no-inputs', {}, { file: 'long.yaml', line: 1, column: at + 1 }, { length: 4 })
    const [, shown = '', below = ''] = renderProblem(problems.list[0]!, new Map([['long.yaml', line]])).split('\n')
    expect(shown.length).toBeLessThan(180)
    expect(shown.slice(below.indexOf('^'), below.length)).toBe('flsh'.slice(0, carets.length))
    expect(below.replace(/ +/g, ' ').trim()).toBe(`| ${carets}`)
  })
})

describe('what a file holds', () => {
  it('is shown in so far as it can be printed', () => {
    const problems = new Problems()
    problems.error('unknown-option', { option: 'a\u001b[2J', owner: 'y'.repeat(5000) }, { file: 'b.yaml', line: 1, column: 1 })
    const [head = '', shown] = renderProblem(problems.list[0]!, new Map([['b.yaml', 'a\u001b[2J: 1']])).split('\n')
    expect(head.startsWith('b.yaml:1:1: error: unknown option a\ufffd[2J of yyy')).toBe(true)
    expect(head.length).toBeLessThan(1100)
    expect(shown).toBe('   1 | a\ufffd[2J: 1')
  })
})

describe('renderProblems', () => {
  it('shows the first of very many, errors before warnings, and counts the rest', () => {
    const problems = new Problems()
    for (let index = 0; index < 60; index += 1) problems.warning('no-inputs', {})
    for (let index = 0; index < 3; index += 1) problems.error('no-outputs', {})
    const texts = renderProblems(problems.list, sources).split('\n\n')
    expect(texts.filter((text) => text.startsWith('warning: '))).toHaveLength(47)
    expect(texts.filter((text) => text.startsWith('error: '))).toHaveLength(3)
    expect(texts.at(-1)).toBe('and 13 more, 63 in all: 3 errors, 60 warnings')
  })
})

describe('Problems', () => {
  it('keeps errors and warnings apart', () => {
    const problems = new Problems()
    problems.warning('no-inputs', {})
    problems.error('no-outputs', {})
    expect([problems.errors.map(({ code }) => code), problems.warnings.map(({ code }) => code)]).toEqual([['no-outputs'], ['no-inputs']])
  })
})

describe('ConfigurationError', () => {
  it('says all of them', () => {
    const problems = new Problems()
    problems.error('no-inputs', {}, place)
    problems.error('no-outputs', {})
    expect(new ConfigurationError(problems.list).message.split('\n')).toHaveLength(2)
  })
})
