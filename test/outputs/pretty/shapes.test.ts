import { describe, expect, it } from 'vitest'
import { openLine } from '../../../src/outputs/pretty/shapes.ts'

const year = new Date().getFullYear()

describe('a line is opened', () => {
  it.each([
    ['of JSON', '{"level":"warn","msg":"x"}', { level: 'warn', msg: 'x' }],
    ['of a container runtime, with JSON within', '2026-01-02T03:04:05.678Z stderr F {"msg":"x"}', { time: '2026-01-02T03:04:05.678Z', stream: 'stderr', msg: 'x' }],
    ['of a container runtime, with text within', '2026-01-02T03:04:05.678Z stdout F hello', { time: '2026-01-02T03:04:05.678Z', stream: 'stdout', message: 'hello' }],
    ['of docker, with logfmt within', '{"log":"level=info msg=\\"a b\\"\\n","stream":"stdout","time":"t"}', { stream: 'stdout', time: 't', level: 'info', msg: 'a b' }],
    ['of logfmt', 'time=t level=error msg="it \\"broke\\"" empty= path=/a/b', { time: 't', level: 'error', msg: 'it "broke"', empty: '', path: '/a/b' }],
    ['of klog', 'E0102 03:04:05.678901       1 reflector.go:138] Failed: x', { time: `${year}-01-02T03:04:05.678901`, level: 'error', message: 'Failed: x', caller: 'reflector.go:138' }],
    ['of a web server', '10.0.0.1 - - [02/Jan/2026:03:04:05 +0100] "GET /a HTTP/1.1" 502 612 "-" "curl/8"', {
      time: '2026-01-02T03:04:05+0100', level: 'error', message: '502 GET /a HTTP/1.1', client: '10.0.0.1', size: '612', agent: 'curl/8'
    }],
    ['of a web server in its short form', '::1 - bob [02/Jan/2026:03:04:05 +0000] "GET /a HTTP/1.1" 404 -', {
      time: '2026-01-02T03:04:05+0000', level: 'warn', message: '404 GET /a HTTP/1.1', client: '::1', user: 'bob'
    }],
    ['of nginx\'s errors', '2026/01/02 03:04:05 [crit] 31#31: no', { time: '2026-01-02T03:04:05', level: 'crit', message: '31#31: no' }],
    ['of syslog in a file', 'Jan  2 03:04:05 host sshd[812]: Accepted key', { time: `${year} Jan  2 03:04:05`, host: 'host', app: 'sshd', pid: '812', message: 'Accepted key' }],
    ['of syslog in a file of today', '2026-01-02T03:04:05.123456+00:00 host kernel: [1.2] usb', { time: '2026-01-02T03:04:05.123456+00:00', host: 'host', app: 'kernel', message: '[1.2] usb' }],
    ['of syslog on the wire', '<34>1 2026-01-02T03:04:05Z host app 12 ID1 - it works', { time: '2026-01-02T03:04:05Z', level: 'crit', host: 'host', app: 'app', pid: '12', message: 'it works' }],
    ['that begins with time and level', '2026-01-02 03:04:05,678 WARN  [main] c.e.App - careful', { time: '2026-01-02T03:04:05.678', level: 'WARN', message: '[main] c.e.App - careful' }],
    ['that begins with a time in brackets', '[2026-01-02 03:04:05] started', { time: '2026-01-02T03:04:05', message: 'started' }]
  ])('%s', (_, log, fields) => {
    expect(openLine({ log, file: 'a' })).toEqual({ file: 'a', ...fields })
  })

  it.each(['GET / 200', '{not json', 'a=1', 'see x=1 and y=2', '\tat a.b(C.java:1)', ''])('not when it has no shape: %j', (log) => {
    expect(openLine({ log })).toEqual({ log })
  })

  it('not without end', () => {
    const deep = (levels: number): string => levels === 0 ? 'x' : JSON.stringify({ message: deep(levels - 1) })
    expect(openLine({ log: deep(10) })).toHaveProperty('message')
  })
})
