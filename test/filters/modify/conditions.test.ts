import { describe, expect, it } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { Record } from '../../../src/event/record.ts'
import { compileCondition } from '../../../src/filters/modify/conditions.ts'
import { fill } from '../support.ts'

describe('a condition of filter modify', () => {
  const line = '{"a":"x1","b":true,"n":5,"nil":null,"q":"say \\"x\\"","k":{"in":"y"},"ax":"x2"}'

  it.each<[string[], boolean]>([
    [['key_exists', 'a'], true],
    [['Key_Exists', "$k['in']"], true],
    [['key_exists', 'z'], false],
    [['key_does_not_exist', 'z'], true],
    [['key_does_not_exist', 'nil'], false],
    [['a_key_matches', '^ni'], true],
    [['a_key_matches', '^z'], false],
    [['no_key_matches', '^z'], true],
    [['no_key_matches', 'l$'], false],
    [['key_value_equals', 'a', 'x1'], true],
    [['key_value_equals', 'a', 'x'], false],
    [['key_value_equals', 'n', '5'], false],
    [['key_value_equals', 'q', 'say "x"'], true],
    [['key_value_equals', "$k['in']", 'y'], true],
    [['key_value_equals', 'z', 'x'], false],
    [['key_value_does_not_equal', 'a', 'x'], true],
    [['key_value_does_not_equal', 'n', '5'], true],
    [['key_value_does_not_equal', 'z', 'x'], false],
    [['key_value_matches', 'a', '^x\\d'], true],
    [['key_value_matches', 'b', 'tru'], true],
    [['key_value_matches', 'n', '5'], false],
    [['key_value_matches', 'nil', 'null'], false],
    [['key_value_does_not_match', 'a', 'y'], true],
    [['key_value_does_not_match', 'n', '5'], true],
    [['key_value_does_not_match', 'z', '5'], false],
    [['matching_keys_have_matching_values', '^a', '^x\\d$'], true],
    [['matching_keys_have_matching_values', '^[ak]', '^x'], false],
    [['matching_keys_have_matching_values', '^b$', '^true$'], true],
    [['matching_keys_have_matching_values', '^z', 'never'], true],
    [['matching_keys_do_not_have_matching_values', '^a', '^y'], true],
    [['matching_keys_do_not_have_matching_values', '^z', 'never'], false]
  ])('%j: %s', (words, expected) => {
    const pool = new Pool()
    const condition = compileCondition(words, pool)
    const record = new Record(pool)
    fill(record, line)
    expect(condition(record)).toBe(expected)
  })
})
