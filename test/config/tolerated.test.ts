import { describe, expect, it } from 'vitest'
import type { Field } from '../../src/config/fields.ts'
import { toleratesRepetition, toleratesValue, type Scope } from '../../src/config/tolerated.ts'

const kinds: Readonly<Record<string, Field>> = {
  integer: { kind: 'integer', doc: '' },
  size: { kind: 'size', doc: '' },
  duration: { kind: 'duration', doc: '' },
  boolean: { kind: 'boolean', doc: '' },
  choice: { kind: 'choice', values: ['a'], doc: '' }
}

describe('a wrong value', () => {
  // Each row was asked of Fluent Bit 5.1.1.
  const rows: [Scope, string, string, string, boolean][] = [
    ['own', 'tail', 'skip_empty_lines', 'boolean', false],
    ['own', 'tail', 'buffer_max_size', 'size', true],
    ['own', 'tail', 'docker_mode_flush', 'integer', true],
    ['own', 'stdout', 'format', 'choice', true],
    ['own', 'stdout', 'json_date_format', 'choice', true],
    ['own', 'file', 'format', 'choice', false],
    ['own', 'es', 'write_operation', 'choice', false],
    ['common', 'tail', 'storage.type', 'choice', false],
    ['common', 'tail', 'mem_buf_limit', 'size', false],
    ['common', 'tail', 'threaded', 'boolean', false],
    ['common', 'tail', 'routable', 'boolean', true],
    ['common', 'http', 'tls', 'boolean', true],
    ['common', 'http', 'net.keepalive', 'boolean', false],
    ['common', 'http', 'net.connect_timeout', 'duration', true],
    ['common', 'stdout', 'retry_limit', 'integer', true],
    ['service', '', 'http_server', 'boolean', true],
    ['service', '', 'log_level', 'choice', false],
    ['service', '', 'flush', 'duration', false]
  ]

  it.each(rows)('of %s option %s %s (%s): %s', (scope, plugin, name, kind, tolerated) => {
    expect(toleratesValue(scope, plugin, name, kinds[kind]!)).toBe(tolerated)
  })

  it('of what is required never passes', () => {
    expect(toleratesValue('own', 'x', 'y', { kind: 'integer', required: true, doc: '' })).toBe(false)
  })
})

describe('a repetition', () => {
  it('passes but for the plugin\'s own options', () => {
    expect((['service', 'common', 'own'] as const).map(toleratesRepetition)).toEqual([true, true, false])
  })
})
