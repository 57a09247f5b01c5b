import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { testIo } from '../support/io.ts'
import { tempFolder } from '../support/temp.ts'

function configuration(text: string): string {
  const file = path.join(tempFolder('validate'), 'agent.yaml')
  writeFileSync(file, text)
  return file
}

const good = 'pipeline:\n  inputs:\n    - {name: tail, path: /nowhere/*.log}\n  outputs:\n    - {name: stdout}\n'

describe('fantail validate', () => {
  it('says that a configuration is right', async () => {
    const io = testIo()
    const file = configuration(good)
    expect(await main(['validate', '-c', file], io)).toBe(0)
    expect(io.written).toEqual({ out: `${file} is right: 1 input, 0 filters, 1 output.\n`, err: '' })
  })

  it('tells every problem with file, line and column, and fails', async () => {
    const io = testIo()
    const file = configuration(good.replace('path:', 'pth:').replace('stdout', 'stdot'))
    expect(await main(['validate', file], io)).toBe(1)
    expect(io.written.err).toContain(`${file}:3:7: error: the input tail needs the option path`)
    expect(io.written.err).toContain(`${file}:3:20: error: unknown option pth of the input tail`)
    expect(io.written.err).toContain(`${file}:5:14: error: unknown output plugin stdot`)
    expect(io.written.err).toContain('Did you mean stdout?')
  })

  it('explains what would be lost elsewhere', async () => {
    const io = testIo()
    expect(await main(['validate', '-c', configuration(good), '--explain'], io)).toBe(0)
    expect(io.written.out).toContain('stdout.0 has no retry_limit')
  })

  it('wants a configuration', async () => {
    const io = testIo()
    expect(await main(['validate'], io)).toBe(1)
    expect(io.written.err).toBe('fantail: validate needs a configuration: -c FILE\n')
  })
})
