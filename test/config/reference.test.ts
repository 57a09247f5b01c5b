import { describe, expect, it } from 'vitest'
import { defaultText, markdownPage, terminalPage } from '../../src/config/reference.ts'

const plugin = {
  name: 'demo',
  summary: 'Shows things.',
  options: {
    path: { kind: 'list', required: true, doc: 'Files.' },
    wait: { kind: 'duration', default: 120_000, doc: 'How long.', differs: 'Fluent Bit waits less' },
    mode: { kind: 'choice', values: ['a', 'b'], default: 'a', doc: 'How.', withoutEffect: 'there is one way' }
  },
  examples: [{ title: 'All of it', config: 'name: demo\npath: x' }]
} as const

describe('markdownPage', () => {
  it('has every option with its default and meaning, and the examples as whole configurations', () => {
    const page = markdownPage('input', plugin)
    expect(page).toContain('| `path` | a list with commas, required | – | Files. |')
    expect(page).toContain('| `wait` | a time like 5, 30s, 2m, 1h or 1d | 2m | How long. Differs: Fluent Bit waits less. |')
    expect(page).toContain('How. No effect: there is one way.')
    expect(page).toContain('pipeline:\n  inputs:\n    - name: demo\n      path: x')
  })
})

describe('terminalPage', () => {
  it('has the same without markup', () => {
    expect(terminalPage('input', plugin)).toContain('  wait\n      How long. Differs: Fluent Bit waits less.\n      a time like 5, 30s, 2m, 1h or 1d; default 2m')
  })
})

describe('defaultText', () => {
  it('is what a person would write', () => {
    expect([
      defaultText({ kind: 'size', default: 16_000_000, doc: '' }),
      defaultText({ kind: 'size', default: 32_768, doc: '' }),
      defaultText({ kind: 'duration', default: 200, doc: '' }),
      defaultText({ kind: 'boolean', default: true, doc: '' }),
      defaultText({ kind: 'integer', default: Infinity, doc: '' }),
      defaultText({ kind: 'list', default: ['a', 'b'], doc: '' })
    ]).toEqual(['16M', '32768', '0.2s', 'on', 'unlimited', 'a, b'])
  })
})
