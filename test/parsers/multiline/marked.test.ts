import { describe, expect, it } from 'vitest'
import { TEN, follow, texts } from './following.ts'

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
