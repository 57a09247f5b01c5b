import { describe, expect, it } from 'vitest'
import { Pool } from '../../src/event/pool.ts'
import { createParser } from '../../src/parsers/index.ts'
import { stockDefinitions } from '../../src/parsers/stock.ts'
import { parseText } from './reading.ts'

describe('stockDefinitions', () => {
  it.each([
    ['apache2', '127.0.0.1 - bob [10/Oct/2026:13:55:36 +0000] "GET /x HTTP/1.0" 200 5 "r" "a b"', { host: '127.0.0.1', user: 'bob', method: 'GET', path: '/x', code: '200', size: '5', referer: 'r', agent: 'a b' }],
    ['syslog-rfc5424', '<34>1 2026-10-11T22:14:15.003Z host su 77 ID47 - boom', { pri: '34', time: '2026-10-11T22:14:15.003Z', host: 'host', ident: 'su', pid: '77', msgid: 'ID47', extradata: '-', message: 'boom' }],
    ['cri', '2026-10-11T22:14:15.003Z stderr F x y', { time: '2026-10-11T22:14:15.003Z', stream: 'stderr', logtag: 'F', message: 'x y' }],
    ['logfmt', 'a=1', { a: '1' }],
    ['docker', '{"log":"x","time":"2026-10-11T22:14:15.003Z"}', { log: 'x', time: '2026-10-11T22:14:15.003Z' }],
    ['uuid', 'id 6ba7b810-9dad-11d1-80b4-00c04fd430c8', { uuid: '6ba7b810-9dad-11d1-80b4-00c04fd430c8' }]
  ])('%s reads its lines', (name, line, body) => {
    const pool = new Pool()
    expect(parseText(createParser(stockDefinitions.get(name)!, pool), pool, line)?.body).toEqual(body)
  })
})
