import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { ranAgent } from '../support/ran-agent.ts'
import { testIo } from '../support/io.ts'

async function say(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const io = testIo()
  return { code: await main(['buffer', ...argv], io), ...io.written }
}

describe('fantail buffer', () => {
  it('shows, checks, exports, mends and gives up what waits for an output that is down', async () => {
    const state = await ranAgent('http')
    expect((await say('ls', '-s', state)).out).toMatch(/http\.0\s+3 records wait/)
    expect(await say('verify', '-s', state)).toMatchObject({ code: 0, out: expect.stringContaining('3 records') as string })
    const lines = (await say('export', 'http.0', '-s', state)).out.trim().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { record: unknown }).record)).toEqual(Array(3).fill({ a: 1 }))
    expect((await say('repair', '-s', state)).out).toContain('0 corrupt frames')
    expect((await say('forget', 'http.0', '-s', state)).out).toContain('3 records that waited for http.0')
    expect((await say('ls', '-s', state)).out).toContain('(forgotten)')
  })

  it('proposes what to do', async () => {
    expect((await say('lst', '-s', '/nowhere')).err).toBe('fantail: unknown command buffer lst (did you mean ls?)\n')
    expect((await say('forget', '-s', '/nowhere')).err).toContain('buffer forget needs an output')
  })
})
