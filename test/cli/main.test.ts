import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { version } from '../../src/lib/version.ts'
import { testIo } from '../support/io.ts'
import { tempFolder } from '../support/temp.ts'

async function say(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const io = testIo()
  return { code: await main(argv, io), ...io.written }
}

describe('fantail', () => {
  it.each([['--help'], ['-h'], ['help']])('%s tells the commands and Fluent Bit\'s flags', async (flag) => {
    const { code, out } = await say(flag)
    expect(code).toBe(0)
    expect(out).toContain('validate -c FILE')
    expect(out).toContain('-D, --dry-run')
  })

  it('tells its version', async () => {
    expect((await say('-V')).out).toBe(`Fantail v${version()}\n`)
    expect(version()).toMatch(/^\d+\.\d+\.\d+/)
  })

  it.each([[['validate', '--help']], [['help', 'validate']]])('%j is help on the command', async (argv) => {
    expect((await say(...argv)).out).toContain('Usage: fantail validate -c FILE')
  })

  it('proposes a command', async () => {
    expect(await say('valdate')).toEqual({ code: 1, out: '', err: 'fantail: unknown command valdate (did you mean validate?)\n' })
  })

  it('says that there is nothing to run', async () => {
    expect((await say()).err).toContain('nothing to run')
    expect((await say('-o', 'stdout')).code).toBe(1)
  })
})

describe('Fluent Bit\'s command line', () => {
  it('describes the plugin before -h', async () => {
    const { code, out } = await say('-i', 'tail', '-h')
    expect(code).toBe(0)
    expect(out).toContain('tail (input)')
    expect(out).toContain('rotate_wait')
  })

  it('checks a configuration with -D, with warnings for what Fluent Bit tolerates', async () => {
    const file = path.join(tempFolder('dry'), 'a.conf')
    writeFileSync(file, '[SERVICE]\n    Flsh 1\n[INPUT]\n    Name tail\n    Path /nowhere/*\n[OUTPUT]\n    Name stdout\n    Match *\n')
    const { code, out, err } = await say('-c', file, '--dry-run')
    expect([code, out]).toEqual([0, 'configuration test is successful\n'])
    expect(err).toContain(`${file}:2:5: warning: unknown option Flsh of service`)
    expect((await say('validate', '-c', file)).code).toBe(1)
  })

  it('tells with -D what a plugin refuses at its start', async () => {
    const { code, out, err } = await say('-i', 'dummy', '-o', 'loki', '-p', 'labels=nothing', '-D')
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('command line:1:36: error: loki.0: nothing is neither name=value nor an accessor')
  })

  it('points into the command line', async () => {
    const { code, err } = await say('-i', 'tail', '-p', 'pth=x', '-o', 'stdout', '-D')
    expect(code).toBe(1)
    expect(err).toContain('command line:1:20: error: unknown option pth of the input tail')
    expect(err).toContain('   1 | fantail -i tail -p pth=x -o stdout -D')
  })
})
