import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { ranAgent } from '../support/ran-agent.ts'
import { testIo } from '../support/io.ts'

describe('fantail ledger', () => {
  it('shows both equations of an agent that ran, in balance', async () => {
    const io = testIo()
    expect(await main(['ledger', '-s', await ranAgent('null')], io)).toBe(0)
    expect(io.written.out).toContain('input dummy.0\n  read 3 + created 0 = buffered 3 + joined 0')
    expect(io.written.out).toContain('output null.0\n  routed 3 = delivered 3')
  })

  it('says that there is no buffer', async () => {
    const io = testIo()
    expect(await main(['ledger', '-s', '/nowhere'], io)).toBe(1)
    expect(io.written.err).toBe('fantail: /nowhere holds no buffer: name the folder of an agent with -s, or its configuration with -c\n')
  })
})
