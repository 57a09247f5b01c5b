import { describe, expect, it } from 'vitest'
import type { MultilineDefinition } from '../../../src/parsers/shared/definition.ts'
import { follow, texts } from './following.ts'

describe('joiner with rules', () => {
  const python = [
    'Traceback (most recent call last):', '  File "/a.py", line 1, in <module>', '    f()', '  File "/a.py", line 2, in f',
    '    1/0', 'ZeroDivisionError: division by zero'
  ]

  it('joins a trace of python, which ends with its last line', () => {
    const path = follow('python').read('before', ...python)
    expect(texts(path)).toEqual(['before\n', python.join('\n') + '\n'])
    expect(path.sent[1]!.lines).toBe(6)
  })

  it('tells apart what two parsers take, in the order of the lines', () => {
    const path = follow('go python java').read(
      'panic: oh', 'java.lang.RuntimeException: x', '\tat a.b(C.java:1)', 'plain', ...python
    )
    expect(texts(path)).toEqual([
      'panic: oh\n', 'java.lang.RuntimeException: x\n\tat a.b(C.java:1)\n', 'plain\n', python.join('\n') + '\n'
    ])
  })

  it('reads the text that another parser finds, and keeps its other keys', () => {
    const own: MultilineDefinition = {
      name: 'app', type: 'regex', parser: 'json', key_content: 'log', key_group: 'pod', flush_timeout: 1000,
      rules: [
        { states: ['start_state'], regex: '/^\\d+ /', next: 'more' },
        { states: ['more'], regex: '/^ /', next: 'more' }
      ]
    }
    const line = (log: string, pod: string, n: number): string => JSON.stringify({ n, log, pod })
    const path = follow('app', { own: [own] }).read(
      line('1 a', 'x', 1), line('2 b', 'y', 2), line(' "c"', 'x', 3), line(' d', 'y', 4), line('3 e', 'x', 5), 'plain'
    )
    expect(path.sent.map(({ body }) => body)).toEqual([
      { n: 1, log: '1 a\n "c"', pod: 'x' }, { n: 5, log: '3 e', pod: 'x' }, { n: 2, log: '2 b\n d', pod: 'y' }, { log: 'plain' }
    ])
  })

  it('keeps a group at its limit from growing and loses no line', () => {
    const frames = Array.from({ length: 20 }, (_, i) => `\tat a.b(C.java:${i})`)
    const path = follow('java', { limit: 100 }).read('x.YException: z', ...frames)
    path.joiner.flush(0, true)
    expect(texts(path).join('')).toBe(['x.YException: z', ...frames].join('\n') + '\n')
    expect(path.sent[0]!.metadata).toBe('{"multiline_truncated":true}')
    expect(path.sent.every(({ body }) => (body['log'] as string).length <= 101)).toBe(true)
  })

  it.each([
    [[], 'type regex needs rules'],
    [[{ states: ['cont'], regex: '/x/', next: 'cont' }], 'the first rule must be one of start_state'],
    [[{ states: ['start_state'], regex: '/x/', next: 'nowhere' }], 'no rule has the state nowhere'],
    [[{ states: ['start_state'], regex: '/(/', next: undefined }], 'a group that is not closed at character 1']
  ])('says what is wrong with the rules %j', (rules, reason) => {
    expect(() => follow('bad', { own: [{ name: 'bad', type: 'regex', rules }] })).toThrow(`multiline parser bad: ${reason}`)
  })
})
