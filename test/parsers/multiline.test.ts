import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cri, follow, texts } from './multiline/following.ts'

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
