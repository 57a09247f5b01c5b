import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MultilineDefinition } from '../../../src/parsers/shared/definition.ts'
import { NOW } from '../reading.ts'
import { TEN, cri, follow, texts } from './following.ts'

describe('joiner cri', () => {
  it('gives a complete line at once, with its time', () => {
    const path = follow('cri').read(cri('hello'))
    expect(path.sent).toEqual([{
      seconds: TEN, nanos: 1, metadata: '', lines: 1, ranges: [['a', 0, 46]], keys: ['time', 'stream', '_p', 'log'],
      body: { time: '2026-11-22T10:00:00.000000001Z', stream: 'stdout', _p: 'F', log: 'hello' }
    }])
    expect(path.joiner.heldLines).toBe(0)
  })

  it('joins parts of each stream by itself and keeps the first one’s members', () => {
    const path = follow('cri').read(
      cri('a', 'P', 'stdout', 1), cri('x', 'P', 'stderr', 2), cri('whole', 'F', 'stderr', 3), cri('b', 'P', 'stdout', 4)
    )
    expect(path.joiner.heldLines).toBe(2)
    expect(path.joiner.heldBytes).toBeGreaterThan(0)
    path.read(cri('c', 'F', 'stdout', 5))
    expect(path.sent.map(({ body, seconds, lines }) => [body['log'], body['_p'], seconds - TEN, lines])).toEqual([
      ['xwhole', 'P', 2, 2], ['abc', 'P', 1, 3]
    ])
    expect(path.joiner.heldLines).toBe(0)
    expect(path.joiner.heldBytes).toBe(0)
  })

  it('covers each line’s range once, adjoining ones as one', () => {
    const path = follow('cri').read(cri('a', 'P'), cri('b', 'P'), cri('x', 'F', 'stderr'), cri('c'))
    const size = cri('a').length + 1
    expect(path.sent[1]!.ranges).toEqual([['a', 0, 2 * size], ['a', 3 * size, 4 * size]])
  })

  it('goes on in the next file of its path, covering ranges of both', () => {
    const path = follow('cri').read(cri('a', 'P'))
    path.rotate('b')
    path.read(cri('b'))
    expect(path.sent.map(({ body, ranges }) => [body['log'], ranges])).toEqual([['ab', [['a', 0, 42], ['b', 0, 42]]]])
  })

  it('takes an empty text, a time with an offset and a text with everything in it', () => {
    const path = follow('cri').read(
      '2026-11-22T11:00:00.5+01:00 stderr F ', '2026-11-22T10:00:00Z stdout F stdout F x', 'odd time stdout F y'
    )
    expect(path.sent.map(({ body, seconds, nanos }) => [body['time'], body['log'], seconds, nanos])).toEqual([
      ['2026-11-22T11:00:00.5+01:00', '', TEN, 500_000_000],
      ['2026-11-22T10:00:00Z', 'stdout F x', TEN, 0],
      ['odd time', 'y', NOW, 0]
    ])
  })

  it('takes exactly the lines that Fluent Bit’s pattern takes, with the same parts', () => {
    const pattern = /^(.+?) (stdout|stderr) (F|P) (.*)$/
    const part = fc.constantFrom('2026-11-22T10:00:00Z', ' ', 'stdout', 'stderr', 'F', 'P', ' stdout F ', ' stderr P ', 'x', 'é', '')
    fc.assert(fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const line = parts.join('')
      const path = follow('cri').read(line)
      path.joiner.flush(0, true)
      const match = pattern.exec(line)
      expect(path.sent[0]!.body).toEqual(match
        ? { time: match[1], stream: match[2], _p: match[3], log: match[4] }
        : { log: line })
    }), { numRuns: 1000 })
  })

  it('sends a line that is none of its kind alone, after what waits', () => {
    const path = follow('cri').read(cri('a', 'P'), 'plain', cri('b'))
    expect(texts(path)).toEqual(['a', 'plain', 'b'])
  })

  it('marks a group at its limit as truncated and loses nothing of it', () => {
    const parts = Array.from({ length: 10 }, (_, i) => String(i).repeat(100))
    const path = follow('cri', { limit: 500 }).read(...parts.map((part, i) => cri(part, i === 9 ? 'F' : 'P')))
    expect(texts(path).join('')).toBe(parts.join(''))
    expect(path.sent.slice(0, -1).every(({ metadata }) => metadata === '{"multiline_truncated":true}')).toBe(true)
    expect(path.sent.at(-1)!.metadata).toBe('')
    expect(path.sent.reduce((sum, { lines }) => sum + lines, 0)).toBe(10)
  })
})

describe('joiner docker', () => {
  const docker = (log: string, stream = 'stdout'): string => JSON.stringify({ log, stream, time: '2026-11-22T10:00:00.5Z' })

  it('joins lines until one ends with a newline, however it is spelled', () => {
    const path = follow('docker').read(
      docker('one\n'), docker('a'), docker('b"é'), docker('err\n', 'stderr'), docker('\\n'), docker('c\n'),
      '{"log":"u\\u000a","stream":"stdout"}'
    )
    expect(texts(path)).toEqual(['one\n', 'err\n', 'ab"é\\nc\n', 'u\n'])
    expect(path.sent[0]!.seconds).toBe(TEN)
  })

  it('does not take lines without its key', () => {
    const path = follow('docker').read('{"log":1}', '{"message":"x"}', 'plain')
    expect(texts(path)).toEqual(['{"log":1}', '{"message":"x"}', 'plain'])
  })
})

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

describe('joiner with marks', () => {
  it('joins until a text equals the mark', () => {
    const path = follow('m', { own: [{ name: 'm', type: 'equal', match_string: 'END' }] }).read('a', 'END', 'b', 'bEND', 'END')
    expect(texts(path)).toEqual(['a\nEND\n', 'b\nbEND\nEND\n'])
  })

  it('keeps lines that are shorter than the mark', () => {
    const path = follow('m', { own: [{ name: 'm', type: 'endswith', match_string: ';;' }] }).read('a', '', 'b;;')
    expect(texts(path)).toEqual(['a\nb;;\n'])
    expect(path.sent[0]!.lines).toBe(3)
  })
})

describe('joiner timers', () => {
  it('send a group when its last line is old enough, counted from when a flush first saw it', () => {
    const path = follow('cri', { flushTimeout: 1000 }).read(cri('a', 'P'))
    expect(path.joiner.flush(50_000, false)).toBe(1000)
    expect(path.joiner.flush(50_900, false)).toBe(100)
    path.read(cri('b', 'P'))
    expect(path.joiner.flush(50_950, false)).toBe(1000)
    path.read(cri('x', 'P', 'stderr'))
    expect(path.joiner.flush(51_500, false)).toBe(450)
    expect(path.sent).toEqual([])
    expect(path.joiner.flush(51_950, false)).toBe(550)
    expect(texts(path)).toEqual(['ab'])
    expect(path.joiner.flush(52_500, false)).toBe(Infinity)
    expect(texts(path)).toEqual(['ab', 'x'])
    expect(path.joiner.flush(52_500, true)).toBe(Infinity)
  })

  it('lose and repeat no line and no range, whatever comes', () => {
    const line = fc.constantFrom(
      cri('a', 'P'), cri('b'), cri('c', 'P', 'stderr'), cri('d', 'F', 'stderr'), 'plain', '{"log":"j"}', '{"log":"k\\n"}', 'x.YException: z', '\tat q', ''
    )
    fc.assert(fc.property(fc.array(line, { maxLength: 20 }), fc.constantFrom('cri', 'docker cri', 'java', 'docker cri java go'), fc.constantFrom(60, 1000), (lines, names, limit) => {
      const path = follow(names, { limit })
      lines.forEach((one, i) => {
        path.read(one)
        if (i % 7 === 6) path.joiner.flush(i * 1000, false)
      })
      path.joiner.flush(0, true)
      expect([path.joiner.heldLines, path.joiner.heldBytes]).toEqual([0, 0])
      expect(path.sent.reduce((sum, sent) => sum + sent.lines, 0)).toBe(lines.length)
      const covered = path.sent.flatMap(({ ranges }) => ranges).map(([, from, to]) => [from, to] as const).sort((a, b) => a[0] - b[0])
      let end = 0
      for (const [from, to] of covered) {
        expect(from).toBe(end)
        end = to
      }
      expect(end).toBe(lines.reduce((sum, one) => sum + Buffer.byteLength(one) + 1, 0))
    }), { numRuns: 500 })
  })
})
