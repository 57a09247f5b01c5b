import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { Checker } from './checker.ts'
import { tempFolder } from './temp.ts'
import { cri, Writer } from './writer.ts'

function missing (writer: Writer, ...files: string[]): string[] {
  const checker = new Checker()
  for (const file of files) for (const line of readFileSync(file, 'utf8').split('\n')) checker.take(line)
  return checker.missing([writer])
}

describe('a writer', () => {
  it('numbers its lines through every kind of rotation', () => {
    const writer = new Writer(path.join(tempFolder('writer'), 'app.log'))
    writer.write(2000)
    const renamed = writer.rename()
    writer.write(10)
    const copied = writer.copyTruncate()
    expect(readFileSync(writer.file, 'utf8')).toBe('')
    const end = writer.begin()
    expect(readFileSync(writer.file, 'utf8')).not.toContain('\n')
    end()
    expect(missing(writer, renamed, copied, writer.file)).toEqual([])
    writer.delete()
    expect(missing(writer, renamed, copied, writer.file)).toEqual(['app: 1 of 2011 lost: 2010'])
    writer.close()
  })

  it('goes on in the new target when its link is switched', () => {
    const folder = tempFolder('writer')
    const link = path.join(folder, 'containers/web.log')
    const first = new Writer(path.join(folder, 'pods/web/0.log'), 'web', cri)
    Writer.link(link, first.file)
    first.write(3)
    const second = first.switchLink(link, path.join(folder, 'pods/web/1.log'))
    second.write(2)
    expect(readlinkSync(link)).toBe(second.file)
    expect(existsSync(first.file)).toBe(true)
    expect(missing(second, first.file, second.file)).toEqual([])
    expect(readFileSync(link, 'utf8')).toMatch(/^2023-11-14T22:13:20\.003000000Z stdout F web 3 x/)
  })
})
