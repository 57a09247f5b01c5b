import { describe, expect, it } from 'vitest'
import { FantailError, message, messages } from '../src/errors.ts'

describe('message', () => {
  it('fills in every place of the template', () => {
    expect(message('wrong-value', { option: 'grace', expected: 'a time', found: '"x"' })).toBe('grace must be a time, not "x"')
  })

  it('leaves nothing of a template standing, for all codes', () => {
    for (const [code, template] of Object.entries(messages)) {
      const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, 'x'] as const)
      const details: Readonly<Record<string, string>> = Object.fromEntries(names)
      const filled = (message as (code: string, details: object) => string)(code, details)
      expect(filled).not.toMatch(/[{}]/)
    }
  })
})

describe('FantailError', () => {
  it('carries its code and sentence', () => {
    const error = new FantailError('unknown-flag', { flag: '--x' })
    expect([error.code, error.message]).toEqual(['unknown-flag', 'unknown option --x'])
  })
})
