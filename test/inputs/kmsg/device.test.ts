import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KmsgDevice } from '../../../src/inputs/kmsg/device.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kmsg-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('the device', () => {
  it('gives EAGAIN instead of waiting when there is nothing', () => {
    const name = path.join(folder, 'fifo')
    execFileSync('mkfifo', [name])
    const device = new KmsgDevice(name)
    device.open()
    const writer = openSync(name, constants.O_WRONLY | constants.O_NONBLOCK)
    try {
      const into = Buffer.alloc(100)
      expect(() => device.read(into)).toThrow(expect.objectContaining({ code: 'EAGAIN' }) as Error)
      writeSync(writer, '6,1,2,-;x\n')
      expect(into.toString('latin1', 0, device.read(into))).toBe('6,1,2,-;x\n')
    } finally {
      closeSync(writer)
      device.close()
    }
  })

  it('reads on where it was, begins anew when opened again, and lets its descriptor go', () => {
    const name = path.join(folder, 'file')
    writeFileSync(name, 'abcdef')
    const device = new KmsgDevice(name)
    const before = readdirSync('/proc/self/fd').length
    const into = Buffer.alloc(3)
    for (const expected of ['abc', 'def']) {
      if (expected === 'abc') device.open()
      expect(into.toString('latin1', 0, device.read(into))).toBe(expected)
    }
    device.close()
    device.close()
    device.open()
    expect(into.toString('latin1', 0, device.read(into))).toBe('abc')
    device.close()
    expect(readdirSync('/proc/self/fd').length).toBe(before)
  })

  it('says what the system says', () => {
    expect(() => new KmsgDevice(path.join(folder, 'none')).open()).toThrow(expect.objectContaining({ code: 'ENOENT' }) as Error)
  })
})
