import { describe, expect, it } from 'vitest'
import { asJson, asLine } from '../../src/outputs/pretty.ts'

const noon = new Date(2026, 0, 2, 12, 0, 0, 5).getTime()

describe('asLine', () => {
  it('picks out time, level and message', () => {
    expect(asLine({ level: 'warn', msg: 'disk is full', used: 0.99, path: '/var' }, noon, false))
      .toBe('12:00:00.005 WARN  disk is full used=0.99 path=/var')
  })

  it('knows numbers of pino as levels, and levels within plain lines', () => {
    expect(asLine({ level: 50, msg: 'x' }, noon, false)).toBe('12:00:00.005 ERROR x')
    expect(asLine({ log: '[INFO] started' }, noon, false)).toBe('12:00:00.005 INFO  [INFO] started')
  })

  it('takes the time of the record where it has one', () => {
    const at = new Date(2026, 0, 2, 3, 4, 5, 6)
    expect(asLine({ time: at.toISOString(), msg: 'x' }, noon, false)).toBe('03:04:05.006       x')
    expect(asLine({ ts: at.getTime() / 1000, msg: 'x' }, noon, false)).toBe('03:04:05.006       x')
  })

  it('puts the date before a time that is not of the day at which the line was read', () => {
    expect(asLine({ time: new Date(2025, 11, 31, 23, 59, 59, 0).toISOString(), msg: 'x' }, noon, false)).toBe('2025-12-31 23:59:59.000       x')
  })

  it('shows stacks as lines, and lines that go on without a time of their own', () => {
    const stack = 'Error: boom\n    at a (b.js:1)'
    expect(asLine({ level: 50, msg: 'failed', err: { type: 'Error', message: 'boom', stack } }, noon, false)).toBe([
      '12:00:00.005 ERROR failed', `${' '.repeat(19)}Error: boom`, `${' '.repeat(19)}    at a (b.js:1)`
    ].join('\n'))
    expect(asLine({ msg: 'failed', error: { code: 5, stack } }, noon, false)).toContain('failed error={"code":5}\n')
    expect(asLine({ log: '\tat a.b(C.java:1)' }, noon, false)).toBe(`${' '.repeat(19)}\tat a.b(C.java:1)`)
  })

  it('keeps messages in one column, whatever the level', () => {
    const lines = [{ level: 'warning', msg: 'x' }, { msg: 'x' }, { PRIORITY: '2', MESSAGE: 'x' }, { severity: 'info', message: 'x' }]
    expect(new Set(lines.map((fields) => asLine(fields, noon, false).indexOf('x')))).toEqual(new Set([19]))
  })

  it('names the file by its last part', () => {
    expect(asLine({ file: '/var/log/app.log', log: 'x' }, noon, false)).toBe('12:00:00.005       app.log x')
  })

  it('colours when asked to', () => {
    expect(asLine({ level: 'error', msg: 'x' }, noon, true)).toContain('\u001b[31mERROR\u001b[0m')
  })

  it('lets no control character of a log steer the terminal', () => {
    expect(asLine({ msg: 'a\u001b[2Jb' }, noon, false)).not.toContain('\u001b')
  })
})

describe('asJson', () => {
  it('puts the time in front where there is none', () => {
    expect(asJson({ a: 1 }, 0)).toBe('{"time":"1970-01-01T00:00:00.000Z","a":1}')
    expect(asJson({ time: 't' }, 0)).toBe('{"time":"t"}')
  })
})
