import { describe, expect, it } from 'vitest'
import { maskProblem, maskSources } from '../../src/config/mask.ts'

describe('maskSources', () => {
  const mask = (text: string, line: number, column: number, secret: string): string | undefined => {
    const hidden = [{ place: { file: 'a', line, column }, text: secret }]
    return maskSources(new Map([['a', text]]), hidden, []).get('a')
  }

  it('covers the rest of the line from the value on', () => {
    expect(mask('  http_passwd: pw # note\n  match: x', 1, 16, 'pw')).toBe('  http_passwd: ***\n  match: x')
  })

  it('covers a block below, and nothing behind it', () => {
    expect(mask('  key: |\n    one\n    two\n  match: x', 1, 8, 'one\ntwo\n')).toBe('  key: ***\n    ***\n    ***\n  match: x')
  })

  it('covers the text wherever else it stands', () => {
    expect(mask('password: hunter2\nindex: hunter2', 1, 11, 'hunter2')).toBe('password: ***\nindex: ***')
  })

  it('covers texts from files', () => {
    expect(maskSources(new Map([['a', 'x: token7']]), [], ['token7']).get('a')).toBe('x: ***')
  })
})

describe('maskProblem', () => {
  it('takes secrets out of the sentence', () => {
    const problem = { code: 'wrong-value', level: 'error', message: 'size must be a size, not "hunter2"' } as const
    expect(maskProblem(problem, [], ['hunter2']).message).toBe('size must be a size, not "***"')
  })
})
