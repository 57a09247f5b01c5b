import { describe, expect, it } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { Record } from '../../../src/event/record.ts'
import { compileRule } from '../../../src/filters/modify/rules.ts'
import { bodyOf, fill } from '../support.ts'

function apply(name: string, words: readonly string[], line: string): string {
  const pool = new Pool()
  const rule = compileRule(name, words, pool)
  const record = new Record(pool)
  fill(record, line)
  rule(record)
  return bodyOf(record)
}

describe('a rule of filter modify', () => {
  it.each<[string, string[], string, string]>([
    ['set', ['b', 'x'], '{"a":1}', '{"a":1,"b":"x"}'],
    ['set', ['a', 'x'], '{"a":1,"b":2}', '{"b":2,"a":"x"}'],
    ['set', ['a', 'q"'], '{}', '{"a":"q\\""}'],
    ['add', ['b', 'x'], '{"a":1}', '{"a":1,"b":"x"}'],
    ['add', ['a', 'x'], '{"a":1}', '{"a":1}'],
    ['remove', ['a'], '{"a":1,"ab":2}', '{"ab":2}'],
    ['remove', ['z'], '{"a":1}', '{"a":1}'],
    ['remove_wildcard', ['a'], '{"a":1,"b":2,"ab":3}', '{"b":2}'],
    ['remove_wildcard', ['a*'], '{"a":1,"b":2,"ab":3}', '{"b":2}'],
    ['remove_regex', ['^.b'], '{"ab":1,"b":2,"cb":3}', '{"b":2}'],
    ['remove_regex', ['"'], '{"a\\"":1,"b":2}', '{"b":2}'],
    ['move_to_start', ['n'], '{"msg":1,"n":2,"ok":3,"nil":4}', '{"n":2,"nil":4,"msg":1,"ok":3}'],
    ['move_to_end', ['a'], '{"a":1,"b":2,"ab":3,"c":4}', '{"b":2,"c":4,"a":1,"ab":3}'],
    ['rename', ['a', 'z'], '{"a":1,"b":2}', '{"z":1,"b":2}'],
    ['rename', ['a', 'b'], '{"a":1,"b":2}', '{"a":1,"b":2}'],
    ['hard_rename', ['c', 'a'], '{"a":1,"b":2,"c":3}', '{"b":2,"a":3}'],
    ['hard_rename', ['a', 'a'], '{"a":1}', '{"a":1}'],
    ['copy', ['a', 'z'], '{"a":[1],"b":2}', '{"a":[1],"z":[1],"b":2}'],
    ['copy', ['a', 'b'], '{"a":1,"b":2}', '{"a":1,"b":2}'],
    ['hard_copy', ['b', 'a'], '{"a":1,"b":2,"c":3}', '{"b":2,"a":2,"c":3}'],
    ['hard_copy', ['z', 'a'], '{"a":1}', '{"a":1}']
  ])('%s %j makes of %s: %s', (name, words, line, expected) => {
    expect(apply(name, words, line)).toBe(expected)
  })
})
