import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Glob, compileFnmatch } from '../../src/lib/glob.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'glob-'))
  for (const name of ['a.log', 'b.log', '.hidden.log', 'c.txt']) writeFileSync(join(folder, name), '')
  mkdirSync(join(folder, 'sub'))
  writeFileSync(join(folder, 'sub', 'd.log'), '')
  symlinkSync(join(folder, 'sub'), join(folder, 'link'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('Glob', () => {
  it('finds what glob(3) finds: no hidden files, no slashes under a star', () => {
    expect(new Glob(`${folder}/*.log`).expand()).toEqual([join(folder, 'a.log'), join(folder, 'b.log')])
    expect(new Glob(`${folder}/[b-z].???`).expand()).toEqual([join(folder, 'b.log'), join(folder, 'c.txt')])
    expect(new Glob(`${folder}/.*.log`).expand()).toEqual([join(folder, '.hidden.log')])
  })

  it('follows links to folders, and says so', () => {
    const glob = new Glob(`${folder}/*/d.log`)
    expect(glob.expand()).toEqual([join(folder, 'link', 'd.log'), join(folder, 'sub', 'd.log')])
    expect(glob.throughLinks).toBe(true)
  })

  it('tells without the disk whether a path matches, and which folders lead to matches', () => {
    const glob = new Glob('/var/log/*/app-*.log')
    expect(glob.root).toBe('/var/log')
    expect(['/var/log/x/app-1.log', '/var/log/x/other.log', '/var/log/x/y/app-1.log'].map((path) => glob.test(path))).toEqual([true, false, false])
    expect(['/', '/var', '/var/log/x', '/var/log/x/y', '/etc'].map((path) => glob.leadsTo(path))).toEqual([true, true, true, false, false])
  })

  it('finds nothing for a name that is not there', () => {
    expect(new Glob(`${folder}/none.log`).expand()).toEqual([])
  })
})

describe('compileFnmatch', () => {
  it('lets a star cross slashes, over the whole path', () => {
    const matches = compileFnmatch('/var/*.gz')
    expect(['/var/log/a.gz', '/var/a.gz.1', '/usr/a.gz'].map((path) => matches.test(path))).toEqual([true, false, false])
  })
})
