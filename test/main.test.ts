import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'

const main = path.join(import.meta.dirname, '../src/main.ts')

async function run(argv: readonly string[], closeEarly = false): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
  if (closeEarly) child.stdout.destroy()
  const ended = once(child, 'close')
  const [out, err] = await Promise.all([closeEarly ? '' : text(child.stdout), text(child.stderr)])
  const [code] = await ended as [number]
  return { code, out, err }
}

describe('the executable', () => {
  it('ends with the exit code of the command, and says everything before', async () => {
    const { code, out } = await run(['schema'])
    expect(code).toBe(0)
    expect(() => JSON.parse(out) as unknown).not.toThrow()
    expect(await run(['valdate'])).toEqual({ code: 1, out: '', err: 'fantail: unknown command valdate (did you mean validate?)\n' })
  })

  async function signalled(signals: readonly NodeJS.Signals[], argv: (file: string) => readonly string[]): Promise<{ ended: unknown; said: string }> {
    const folder = mkdtempSync(path.join(tmpdir(), 'main-'))
    const file = path.join(folder, 'config.yaml')
    writeFileSync(file, `service: {storage.path: ${folder}/state}\npipeline:\n  inputs: [{name: dummy}]\n  outputs: [{name: 'null', match: '*'}]\n`)
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...argv(file)], { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    let sent = 0
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString()
      // one signal for each start, then one for each answer to a signal
      if ((said.match(/Started|SIGHUP|loaded again/g) ?? []).length > sent && sent < signals.length) child.kill(signals[sent++])
    })
    const ended = await once(child, 'close')
    rmSync(folder, { recursive: true, force: true })
    return { ended, said }
  }
  const running = (file: string): readonly string[] => ['run', '-c', file]

  it.each(['SIGTERM', 'SIGINT'] as const)('stops in good order on %s', async (signal) => {
    const { ended, said } = await signalled([signal], running)
    expect(ended).toEqual([0, null])
    expect(said).toContain('Stopped')
  })

  it('loads the configuration again on SIGHUP', async () => {
    const { ended, said } = await signalled(['SIGHUP', 'SIGTERM'], running)
    expect(ended).toEqual([0, null])
    expect(said).toContain('loaded again')
  })

  it('does so under Fluent Bit\'s own command line only with hot_reload, and goes on without', async () => {
    const without = await signalled(['SIGHUP', 'SIGTERM'], (file) => ['-c', file])
    expect(without.ended).toEqual([0, null])
    expect(without.said).toContain('SIGHUP has no effect')
    const { said } = await signalled(['SIGHUP', 'SIGTERM'], (file) => ['-c', file, '-Y'])
    expect(said).toContain('loaded again')
  })

  it('bears a reader that ends early', async () => {
    expect(await run(['schema'], true)).toMatchObject({ code: 0, err: '' })
  })
})
