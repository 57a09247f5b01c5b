import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Discovery } from '../../../src/inputs/tail/discovery.ts'
import { RecordingIngest, makeContext } from '../recording-ingest.ts'
import { until } from './parts.ts'

let folder: string
let discovery: Discovery
let found: Set<string>
let missing: Set<string>

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'discovery-'))
  found = new Set()
  missing = new Set()
})

afterEach(async () => {
  await discovery.close()
  rmSync(folder, { recursive: true, force: true })
})

function make(patterns: readonly string[], excluded: readonly string[] = [], notices = true): void {
  const { log } = makeContext(new RecordingIngest())
  discovery = new Discovery(
    patterns.map((pattern) => join(folder, pattern)), excluded, { notices, refresh: 60_000, log },
    (path) => found.add(path.slice(folder.length + 1)), (path) => missing.add(path.slice(folder.length + 1))
  )
}

function write(...names: string[]): void {
  for (const name of names) writeFileSync(join(folder, name), '')
}

describe('a look at the patterns', () => {
  it('finds what any of them matches, but for what is left out', () => {
    write('a.log', 'b.log', 'b.gz', 'c.txt')
    make(['*.log', 'b.*', 'c.none'], ['*.gz'])
    discovery.scan()
    expect([...found].sort()).toEqual(['a.log', 'b.log'])
    expect(['a.log', 'b.gz', 'c.txt'].map((name) => discovery.matches(join(folder, name)))).toEqual([true, false, false])
  })
})

describe('the log of the agent\'s own container', () => {
  it('is found by a path that names it and by no pattern', () => {
    write('own.log', 'b.log')
    const { log } = makeContext(new RecordingIngest())
    const said: string[] = []
    const options = {
      notices: false, refresh: 60_000, log: { ...log, info: (message: string) => said.push(message) }, isOwn: (path: string) => path.endsWith('own.log')
    }
    const find = (pattern: string): string[] => {
      found = new Set()
      discovery = new Discovery([join(folder, pattern)], [], options, (path) => found.add(path.slice(folder.length + 1)), () => {})
      discovery.scan()
      discovery.scan()
      return [...found].sort()
    }
    expect(find('*.log')).toEqual(['b.log'])
    expect(discovery.matches(join(folder, 'own.log'))).toBe(false)
    expect(said).toEqual([expect.stringContaining('own container is left out')])
    expect(find('own.log')).toEqual(['own.log'])
  })
})

describe('what comes later', () => {
  it('is found at once in folders that were there and in new ones, and said when it goes', async () => {
    make(['*.log', '*/*.log'])
    discovery.start()
    write('a.log')
    expect(await until(() => found.has('a.log'))).toBe(true)
    mkdirSync(join(folder, 'sub'))
    write('sub/b.log', 'c.txt')
    expect(await until(() => found.has('sub/b.log'))).toBe(true)
    unlinkSync(join(folder, 'a.log'))
    expect(await until(() => missing.has('a.log'))).toBe(true)
    expect([...found].sort()).toEqual(['a.log', 'sub/b.log'])
  })

  it('is found under the path as it was written, where that leads through a link', async () => {
    mkdirSync(join(folder, 'real'))
    symlinkSync(join(folder, 'real'), join(folder, 'link'))
    write('real/a.log')
    make(['link/*.log'])
    discovery.start()
    expect(await until(() => found.has('link/a.log'))).toBe(true)
    // the watcher is ready by now, so that it alone can tell of this one
    write('real/b.log')
    expect(await until(() => found.has('link/b.log'))).toBe(true)
    expect(found.size).toBe(2)
  })

  it('is found without notices, by looking again', async () => {
    make(['*.log'], [], false)
    discovery.start()
    write('a.log')
    expect(await until(() => found.has('a.log'))).toBe(true)
  })

  it('is not looked for any more once closed', async () => {
    make(['*.log'], [], false)
    discovery.start()
    await discovery.close()
    write('a.log')
    expect(await until(() => found.size > 0, 1_300)).toBe(false)
  })
})
