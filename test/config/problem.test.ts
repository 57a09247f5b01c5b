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
