import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { testIo } from '../support/io.ts'

async function say(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const io = testIo()
  return { code: await main(argv, io), ...io.written }
}

describe('fantail describe', () => {
  it('lists the plugins', async () => {
    const { out } = await say('describe')
    for (const word of ['inputs', 'filters', 'outputs', 'processors', '  tail ', '  grep ', '  es ']) expect(out).toContain(word)
  })

  it('shows a plugin, and all that have its name', async () => {
    expect((await say('describe', 'ES')).out).toContain('logstash_format')
    expect((await say('describe', 'tail')).out).toContain('tail (input)')
  })

  it('proposes a plugin', async () => {
    expect(await say('describe', 'gerp')).toMatchObject({ code: 1, err: expect.stringContaining('did you mean grep?') as string })
  })
})
