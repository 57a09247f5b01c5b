import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../temp.ts'
import { sleep } from '../wait.ts'
import { cached, cacheFolder, locked, verifyChecksums } from './cache.ts'

const before = process.env['XDG_CACHE_HOME']
beforeAll(() => { process.env['XDG_CACHE_HOME'] = tempFolder('cache') })
afterAll(() => {
  if (before === undefined) delete process.env['XDG_CACHE_HOME']
  else process.env['XDG_CACHE_HOME'] = before
})

describe('the cache', () => {
  it('makes a folder once and leaves nothing of a failed attempt', async () => {
    const failing = cached('thing-1', async (folder) => {
      writeFileSync(path.join(folder, 'half'), '')
      throw new Error('no network')
    })
    await expect(failing).rejects.toThrow('no network')
    let made = 0
    const make = async (folder: string): Promise<void> => {
      made++
      writeFileSync(path.join(folder, 'whole'), 'yes')
    }
    const folder = await cached('thing-1', make)
    expect(await cached('thing-1', make)).toBe(folder)
    expect([made, readdirSync(folder), readdirSync(cacheFolder())]).toEqual([1, ['whole'], ['thing-1']])
  })

  it('lets one at a time do a piece of work, and breaks the lock of a dead process', async () => {
    let inside = 0
    let most = 0
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside)
      await sleep(20)
      inside--
    }
    const lock = path.join(cacheFolder(), 'work.lock')
    mkdirSync(lock)
    writeFileSync(path.join(lock, 'pid'), '999999999')
    await Promise.all([locked('work', work), locked('work', work), locked('work', work)])
    expect([most, existsSync(lock)]).toEqual([1, false])
  })

  it('finds files that are wrong, missing or not listed', () => {
    const folder = path.join(cacheFolder(), 'sums')
    mkdirSync(folder)
    writeFileSync(path.join(folder, 'a.jar'), 'a')
    const list = path.join(cacheFolder(), 'list.sha256')
    const sum = 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'
    writeFileSync(list, `${sum}  a.jar\n`)
    verifyChecksums(folder, list)
    writeFileSync(list, `${sum}  a.jar\n${sum}  b.jar\n`)
    expect(() => verifyChecksums(folder, list)).toThrow('b.jar: missing')
    writeFileSync(path.join(folder, 'b.jar'), 'tampered')
    expect(() => verifyChecksums(folder, list)).toThrow(/b\.jar: sha256 [0-9a-f]+, wanted ca97/)
    expect(readFileSync(list, 'utf8')).toContain('b.jar')
  })
})
