import { describe, expect, it } from 'vitest'
import { start } from '../../src/cli/run.ts'
import { main } from '../../src/cli/main.ts'
import { testIo } from '../support/io.ts'
import { planYaml } from '../support/plan.ts'

describe('fantail run', () => {
  it('never starts what is wrong', async () => {
    const io = testIo()
    expect(await start(() => planYaml('pipeline: {}\nservice: {flush: x}\n'), io, true)).toBe(1)
    expect(io.written.err).toContain('error: flush must be a time')
  })

  it('tells of a file that is not there', async () => {
    const io = testIo()
    expect(await main(['run', '-c', '/nowhere/a.yaml'], io)).toBe(1)
    expect(io.written.err).toContain('error: cannot read /nowhere/a.yaml: there is no such file')
  })

  it('wants a configuration', async () => {
    const io = testIo()
    expect(await main(['run'], io)).toBe(1)
    expect(io.written.err).toContain('run needs a configuration')
  })
})
