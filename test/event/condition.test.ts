import { describe, expect, it } from 'vitest'
import { compileCondition, ConditionError, type ConditionRule } from '../../src/event/condition.ts'
import { scanObject } from '../../src/event/json-scan.ts'
import { Pool } from '../../src/event/pool.ts'
import { BLOCK, Record } from '../../src/event/record.ts'

function holds(op: 'and' | 'or', rules: readonly Partial<ConditionRule>[], value: object, metadata = ''): boolean {
  const pool = new Pool()
  const full = rules.map((rule) => ({ field: '$level', op: 'eq', value: '', context: 'body', ...rule } satisfies ConditionRule))
  const condition = compileCondition({ op, rules: full }, pool)
  const record = new Record(pool)
  const block = Buffer.from(JSON.stringify(value))
  record.useBlock(block)
  record.metadata = metadata
  scanObject(record, BLOCK, 0, block.length)
  return condition(record)
}

const record = { level: 'error', n: 5, f: 2.5, t: '7', k: { a: ['x'] }, esc: 'a"b', ok: true }

describe('compileCondition', () => {
  it.each<[string, Partial<ConditionRule>, boolean]>([
    ['eq', { op: 'eq', value: 'error' }, true],
    ['eq of another', { op: 'eq', value: 'info' }, false],
    ['eq of a number', { field: '$n', op: 'eq', value: 5 }, true],
    ['eq of a boolean', { field: '$ok', op: 'eq', value: true }, true],
    ['eq of escaped text', { field: '$esc', op: 'eq', value: 'a"b' }, true],
    ['eq of a missing field', { field: '$no', op: 'eq', value: 'x' }, false],
    ['neq', { op: 'neq', value: 'info' }, true],
    ['neq of a missing field', { field: '$no', op: 'neq', value: 'x' }, true],
    ['gt', { field: '$n', op: 'gt', value: 4 }, true],
    ['gt of the same', { field: '$n', op: 'gt', value: 5 }, false],
    ['gte', { field: '$n', op: 'gte', value: '5' }, true],
    ['lt', { field: '$f', op: 'lt', value: 2.6 }, true],
    ['lte', { field: '$f', op: 'lte', value: 2.4 }, false],
    ['gt of text that is a number', { field: '$t', op: 'gt', value: 6 }, true],
    ['gt of text that is none', { op: 'gt', value: -1 }, false],
    ['lt of a missing field', { field: '$no', op: 'lt', value: 1 }, false],
    ['regex', { op: 'regex', value: '^err' }, true],
    ['not_regex', { op: 'not_regex', value: '^err' }, false],
    ['not_regex of a missing field', { field: '$no', op: 'not_regex', value: 'x' }, true],
    ['in', { op: 'in', value: ['warn', 'error'] }, true],
    ['not_in', { op: 'not_in', value: ['warn', 'error'] }, false],
    ['a nested field', { field: "$k['a'][0]", op: 'eq', value: 'x' }, true],
    ['a field without $', { field: 'level', op: 'eq', value: 'error' }, true],
    ['metadata that is not there', { context: 'metadata', op: 'eq', value: 'error' }, false],
    ['a context of grouped events', { context: 'otel_resource_attributes', op: 'neq', value: 'x' }, false]
  ])('%s', (_, rule, expected) => {
    expect(holds('and', [rule], record)).toBe(expected)
  })

  it('looks into the metadata', () => {
    const rule: Partial<ConditionRule> = { field: "$otlp['level']", context: 'metadata', op: 'eq', value: 'x' }
    expect(holds('and', [rule], record, '{"otlp":{"level":"x"}}')).toBe(true)
    expect(holds('and', [{ ...rule, op: 'gt', value: 1 }], record, '{"otlp":{"level":2}}')).toBe(true)
  })

  it('needs all rules with and, one with or', () => {
    const yes: Partial<ConditionRule> = { op: 'eq', value: 'error' }
    const no: Partial<ConditionRule> = { op: 'eq', value: 'info' }
    expect(holds('and', [yes, no], record)).toBe(false)
    expect(holds('and', [yes, yes], record)).toBe(true)
    expect(holds('or', [no, yes], record)).toBe(true)
    expect(holds('or', [no, no], record)).toBe(false)
    expect(holds('and', [], record)).toBe(true)
    expect(holds('or', [], record)).toBe(false)
  })

  it.each<[string, Partial<ConditionRule>]>([
    ['a bound that is no number', { op: 'gt', value: 'many' }],
    ['a list where a value is due', { op: 'eq', value: ['a'] }],
    ['a value where a list is due', { op: 'in', value: 'a' }],
    ['a wrong regular expression', { op: 'regex', value: '(' }],
    ['an unknown context', { context: 'elsewhere', op: 'eq', value: 'a' }],
    ['a wrong field', { field: '$a[', op: 'eq', value: 'a' }]
  ])('refuses %s and says which rule it is', (_, rule) => {
    try {
      holds('and', [{ op: 'eq', value: 'a' }, rule], record)
    } catch (error) {
      expect(error).toBeInstanceOf(ConditionError)
      expect((error as ConditionError).rule).toBe(1)
      return
    }
    expect.unreachable()
  })
})
