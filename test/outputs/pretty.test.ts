import { describe, expect, it } from 'vitest'
import { asJson, asLine, openLine } from '../../src/outputs/pretty.ts'

const noon = new Date(2026, 0, 2, 12, 0, 0, 5).getTime()

describe('openLine', () => {
  it('opens JSON in the line', () => {
    expect(openLine({ log: '{"level":"warn","msg":"x"}', file: 'a' })).toEqual({ file: 'a', level: 'warn', msg: 'x' })
  })

  it('opens the line of a container runtime, and JSON within', () => {
    expect(openLine({ log: '2026-01-02T03:04:05.678Z stderr F {"msg":"x"}' }))
      .toEqual({ time: '2026-01-02T03:04:05.678Z', stream: 'stderr', msg: 'x' })
  })

  it('leaves other lines as they are', () => {
    expect(openLine({ log: 'GET / 200' })).toEqual({ log: 'GET / 200' })
    expect(openLine({ log: '{not json' })).toEqual({ log: '{not json' })
  })
})

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
    expect(asLine({ time: at.toISOString(), msg: 'x' }, noon, false)).toBe('03:04:05.006 x')
    expect(asLine({ ts: at.getTime() / 1000, msg: 'x' }, noon, false)).toBe('03:04:05.006 x')
  })

  it('names the file by its last part', () => {
    expect(asLine({ file: '/var/log/app.log', log: 'x' }, noon, false)).toBe('12:00:00.005 app.log x')
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
