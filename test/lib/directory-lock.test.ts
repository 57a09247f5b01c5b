import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { DirectoryInUse, directoryHolder, lockDirectory } from '../../src/lib/directory-lock.ts'

function makeDirectory(...more: string[]): string {
  const top = fs.mkdtempSync(path.join(os.tmpdir(), 'fantail-lock-'))
  onTestFinished(() => fs.rmSync(top, { recursive: true, force: true }))
  const directory = path.join(top, ...more)
  fs.mkdirSync(directory, { recursive: true })
  return directory
}

describe.each([
  ['a short path', [] as string[]],
  ['a path longer than a socket may have', ['x'.repeat(120), 'y'.repeat(120)]]
])('lockDirectory with %s', (_, more) => {
  it('lets one in, tells the others who it is, and lets the next one in after it', async () => {
    const directory = makeDirectory(...more)
    expect(await directoryHolder(directory)).toBeUndefined()
    const lock = await lockDirectory(directory)
    const refusal = await lockDirectory(directory).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(DirectoryInUse)
    expect(refusal).toMatchObject({ pid: process.pid })
    expect(await directoryHolder(directory)).toBe(process.pid)
    await lock.release()
    expect(fs.readdirSync(directory)).toEqual([])
    await (await lockDirectory(directory)).release()
  })

  it('takes over from a process that was killed', async () => {
    const directory = makeDirectory(...more)
    const script = `import { lockDirectory } from ${JSON.stringify(path.resolve('src/lib/directory-lock.ts'))}
await lockDirectory(${JSON.stringify(directory)}); process.kill(process.pid, 'SIGKILL')`
    const file = path.join(makeDirectory(), 'hold.ts')
    fs.writeFileSync(file, script)
    expect(() => execFileSync(process.execPath, [file], { stdio: 'ignore' })).toThrow()
    expect(fs.existsSync(path.join(directory, 'lock.sock'))).toBe(true)
    const lock = await lockDirectory(directory)
    expect(await directoryHolder(directory)).toBe(process.pid)
    await lock.release()
  })
})

describe('lockDirectory', () => {
  it('has one winner of many that come at once, over a dead socket too', async () => {
    const directory = makeDirectory()
    const server = net.createServer().listen(path.join(directory, 'live.sock'))
    await new Promise((resolve) => { server.once('listening', resolve) })
    fs.linkSync(path.join(directory, 'live.sock'), path.join(directory, 'lock.sock'))
    await new Promise((resolve) => { server.close(resolve) })
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => lockDirectory(directory)))
    const winners = results.filter((result) => result.status === 'fulfilled')
    expect(winners).toHaveLength(1)
    await winners[0]!.value.release()
  })

  it('says what the system says of a directory that is not there', async () => {
    await expect(lockDirectory(path.join(makeDirectory(), 'missing'))).rejects.toThrow(/ENOENT|EACCES/)
  })
})
