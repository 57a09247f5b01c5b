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

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('stops in good order on %s', async (signal) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'main-'))
    const file = path.join(folder, 'config.yaml')
    writeFileSync(file, `service: {storage.path: ${folder}/state}\npipeline:\n  inputs: [{name: dummy}]\n  outputs: [{name: 'null', match: '*'}]\n`)
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'run', '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString()
      if (said.includes('Started')) child.kill(signal)
    })
    expect(await once(child, 'close')).toEqual([0, null])
    expect(said).toContain('Stopped')
    rmSync(folder, { recursive: true, force: true })
  })

  it('bears a reader that ends early', async () => {
    expect(await run(['schema'], true)).toMatchObject({ code: 0, err: '' })
  })
})
