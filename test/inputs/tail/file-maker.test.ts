import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { leadsTo } from '../../../src/inputs/tail/descriptors.ts'
import { FileMaker, type MakerOptions } from '../../../src/inputs/tail/file-maker.ts'
import type { Followed } from '../../../src/inputs/tail/followed.ts'
import { headMatches } from '../../../src/inputs/tail/identity.ts'
import { RecordingIngest } from '../recording-ingest.ts'
import { makeParts } from './parts.ts'

let folder: string
let ingest: RecordingIngest
const woken: Followed[] = []
const messages: string[] = []
let fd: number

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'maker-'))
  ingest = new RecordingIngest()
  woken.length = 0
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function make(name: string, given: Partial<MakerOptions> = {}): Followed | null {
  const { context, options } = makeParts(ingest)
  const maker = new FileMaker(context, { ...options, ...given }, (file) => woken.push(file))
  fd = openSync(join(folder, name), 'r')
  const stats = fstatSync(fd, { bigint: true })
  const file = maker.make(join(folder, name), join(folder, name), leadsTo(join(folder, name)), fd, stats)
  messages.splice(0, messages.length, ...context.report.messages)
  if (file !== null) file.close(closeSync)
  return file
}

describe('FileMaker', () => {
  it('takes the fingerprint of what the file holds', () => {
    writeFileSync(join(folder, 'a.log'), 'one\n')
    const file = make('a.log')!
    expect([file.size, file.headLength, file.compressed, file.link, file.decoder]).toEqual([4, 4, false, false, null])
    const again = openSync(join(folder, 'a.log'), 'r')
    expect(headMatches(again, file.headLength, file.headSum)).toBe(true)
    closeSync(again)
  })

  it('leaves a file without a tag out, says so and closes it', () => {
    writeFileSync(join(folder, 'a.log'), '')
    expect(make('a.log', { tagOf: () => null })).toBeNull()
    expect(messages.join()).toContain('tag_regex')
    expect(() => fstatSync(fd)).toThrow('EBADF')
  })

  it('sees where a link leads, and what is compressed', () => {
    writeFileSync(join(folder, 'real'), '')
    symlinkSync(join(folder, 'real'), join(folder, 'a.gz'))
    const file = make('a.gz')!
    expect([file.link, file.target, file.compressed]).toEqual([true, join(folder, 'real'), true])
  })

  it('chooses the encoding by what the file begins with', () => {
    writeFileSync(join(folder, 'a.log'), Buffer.from('\ufeffab\n', 'utf16le'))
    writeFileSync(join(folder, 'b.log'), 'plain\n')
    expect(make('a.log', { unicode: 'auto' })?.decoder).not.toBeNull()
    expect(make('b.log', { unicode: 'auto' })?.decoder).toBeNull()
  })

  it('lets a file wait for what its tag waits for, whether that comes or fails', async () => {
    writeFileSync(join(folder, 'a.log'), '')
    for (const settle of ['resolve', 'reject'] as const) {
      const ready = Promise.withResolvers<void>()
      ingest.ready = ready.promise
      const file = make('a.log')!
      expect(file.paused).toBe(true)
      ready[settle]()
      await ready.promise.catch(() => undefined)
      expect([file.paused, woken.includes(file)]).toEqual([false, true])
    }
  })
})
