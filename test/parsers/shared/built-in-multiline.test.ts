import { expect, it } from 'vitest'
import { compileRegex } from '../../../src/lib/onigmo/regex.ts'
import { builtIn, dockerLines } from '../../../src/parsers/shared/built-in-multiline.ts'

it('has the multiline parsers of Fluent Bit, whose rules compile and lead to states that there are', () => {
  expect([...builtIn.keys()]).toEqual(expect.arrayContaining(['docker', 'cri', 'go', 'java', 'python', 'ruby']))
  for (const { rules = [] } of builtIn.values()) {
    const states = new Set(rules.flatMap((rule) => rule.states ?? []))
    for (const rule of rules) {
      expect(() => compileRegex(rule.regex)).not.toThrow()
      expect([...states, 'start_state', undefined]).toContain(rule.next)
    }
  }
})

it('keeps the time of docker\'s lines in the record', () => {
  expect(dockerLines).toMatchObject({ format: 'json', time_keep: true })
})
