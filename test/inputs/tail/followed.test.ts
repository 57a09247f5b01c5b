import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { Stream } from '../../../src/event/stream.ts'
import { Followed, MARK, identityKey } from '../../../src/inputs/tail/followed.ts'

let file: Followed
beforeEach(() => {
  file = new Followed('/var/log/app.log', '1', '2', new Stream('uid', 0, { input: 'tail.0', path: '/var/log/app.log', marks: {} }))
})

describe('Followed', () => {
  it('goes through its holes in order, then on from where it was', () => {
    file.holes = [[10, 20], [50, 60]]
    file.resumeAt = 100
    const steps: [number, number][] = []
    for (let i = 0; i < 3; i++) {
      file.nextRange()
      steps.push([file.offset, file.limit])
    }
    expect(steps).toEqual([[10, 20], [50, 60], [100, Infinity]])
    expect([file.scanned, file.markLength]).toEqual([100, 0])
  })

  it('remembers the bytes before its offset, at most as many as the mark holds', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(), fc.nat(), (bytes, a, b) => {
      const block = Buffer.from(bytes)
      const at = a % (block.length + 1)
      const from = b % (at + 1)
      file.advance(1_000 + at, block, at, from)
      expect(file.markLength).toBe(Math.min(MARK, at - from))
      expect(file.mark.subarray(0, file.markLength)).toEqual(block.subarray(at - file.markLength, at))
    }))
  })

  it('has read what it has taken, and never less than before', () => {
    file.advance(40, Buffer.alloc(40), 40, 0)
    expect([file.offset, file.scanned]).toEqual([40, 40])
    file.scanned = 90
    file.advance(60, Buffer.alloc(60), 60, 0)
    expect([file.offset, file.scanned]).toEqual([60, 90])
  })

  it('lags by the bytes not taken, which nobody knows of a compressed file', () => {
    file.size = 100
    file.offset = 30
    expect(file.lag).toBe(70)
    file.offset = 130
    expect(file.lag).toBe(0)
    file.offset = 0
    file.compressed = true
    expect(file.lag).toBe(0)
  })

  it('closes its descriptor once', () => {
    const folder = mkdtempSync(join(tmpdir(), 'followed-'))
    writeFileSync(join(folder, 'a'), 'x')
    const fd = openSync(join(folder, 'a'), 'r')
    file.fd = fd
    file.close(closeSync)
    file.close(closeSync)
    expect(file.fd).toBe(-1)
    expect(() => fstatSync(fd)).toThrow('EBADF')
    rmSync(folder, { recursive: true })
  })
})

it('a key tells device and inode apart', () => {
  expect(identityKey('1', '23')).not.toBe(identityKey('12', '3'))
})
