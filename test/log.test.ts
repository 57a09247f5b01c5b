import { describe, expect, test } from 'vitest'
import { AgentLog, forPeople } from '../src/log.ts'

function collect(level: 'info' | 'warn' | 'off' = 'info'): { lines: { [key: string]: unknown }[]; log: AgentLog; at: (ms: number) => void } {
  const lines: { [key: string]: unknown }[] = []
  let now = 0
  const log = new AgentLog({ level }, { write: (line: string) => void lines.push(JSON.parse(line) as { [key: string]: unknown }) }, () => now)
  return { lines, log, at: (ms) => void (now = ms) }
}

describe('the log of the agent', () => {
  test('says a message once per ten seconds and then how often it was held back', () => {
    const { lines, log, at } = collect()
    const es = log.child('es.0')
    for (let i = 0; i < 5; i++) es.warn('The destination refuses connections.', { attempt: i })
    at(9_999)
    es.warn('The destination refuses connections.')
    at(10_000)
    es.warn('The destination refuses connections.')
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatchObject({ level: 'warn', name: 'es.0', attempt: 0 })
    expect(lines[1]).toMatchObject({ repeated: 5 })
  })

  test('holds back each message of each plugin on its own', () => {
    const { lines, log } = collect()
    log.child('a').info('One.')
    log.child('b').info('One.')
    log.child('a').info('Two.')
    log.child('a').info('One.')
    expect(lines.map((line) => `${line['name'] as string} ${line['msg'] as string}`)).toEqual(['a One.', 'b One.', 'a Two.'])
  })

  test('keeps to the level of the service or of the plugin', () => {
    const { lines, log } = collect('warn')
    log.child('a').info('Quiet.')
    log.child('b', 'debug').debug('Loud.')
    expect(lines.map((line) => line['msg'])).toEqual(['Loud.'])
  })

  test('is one readable line for a person at a terminal', () => {
    const line = JSON.stringify({ level: 'warn', time: '2026-11-22T10:00:00.123Z', name: 'tail.0', msg: 'A file is gone.', path: '/x' })
    expect(forPeople(line)).toBe('10:00:00.123 warn  tail.0: A file is gone. {"path":"/x"}\n')
  })
})
