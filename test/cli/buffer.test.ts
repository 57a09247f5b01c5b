import { describe, expect, it } from 'vitest'
import { outputFolder } from '../../src/agent/outputs.ts'
import { main } from '../../src/cli/main.ts'
import { Staging } from '../../src/outputs/shared/staging.ts'
import { Identities } from '../../src/outputs/shared/staging/journal.ts'
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

  it('shows and gives up what an output has gathered for sending, and the ledger has it', async () => {
    const state = await ranAgent('http')
    const log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }
    const staging = new Staging({ directory: outputFolder(state, 'http.0'), log, whenDelivered: () => {} })
    await staging.open()
    await staging.append([{ group: 'a', bytes: Buffer.from('one\ntwo\n'), records: 2, second: 0 }], new Identities())
    await staging.close()
    expect((await say('ls', '-s', state)).out).toMatch(/http\.0\s+3 records wait, .*; 2 more are gathered for sending/)
    const io = testIo()
    await main(['ledger', '-s', state], io)
    expect(io.written.out).toContain('waiting 5')
    expect((await say('forget', 'http.0', '-s', state)).out).toContain('5 records that waited for http.0')
    const after = testIo()
    await main(['ledger', '-s', state], after)
    expect(after.written.out).toContain('dropped(forgotten) 5 + waiting 0')
  })

  it('proposes what to do', async () => {
    expect((await say('lst', '-s', '/nowhere')).err).toBe('fantail: unknown command buffer lst (did you mean ls?)\n')
    expect((await say('forget', '-s', '/nowhere')).err).toContain('buffer forget needs an output')
  })
})
