import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { NodeLayout } from './node-layout.ts'
import { tempFolder } from './temp.ts'

const time = new Date('2026-11-24T10:15:02.123Z')

describe('the layout of a node', () => {
  it('has a container\'s lines in CRI format behind a link, long ones in parts', () => {
    const node = new NodeLayout(tempFolder('node'))
    const web = node.pod({ namespace: 'shop', name: 'web-1', uid: 'u-1' }).container('web')
    web.write(['hello', 'x'.repeat(16_385)], 'stderr', time)
    expect(path.basename(web.link)).toBe(`web-1_shop_web-${web.id}.log`)
    expect(realpathSync(web.link)).toBe(path.join(node.root, 'var/log/pods/shop_web-1_u-1/web/0.log'))
    const [first, second, third] = readFileSync(web.link, 'utf8').split('\n')
    expect(first).toBe('2026-11-24T10:15:02.123000000Z stderr F hello')
    expect(second).toBe(`2026-11-24T10:15:02.123000000Z stderr P ${'x'.repeat(16_384)}`)
    expect(third).toBe('2026-11-24T10:15:02.123000000Z stderr F x')
    expect(web.lines).toBe(3)
  })

  it('rotates as the kubelet does: the newest rotated file plain, older ones compressed, at most five', () => {
    const node = new NodeLayout(tempFolder('node'))
    const web = node.pod({ name: 'web-1' }).container('web')
    for (let i = 0; i < 7; i++) {
      web.write([`round ${i}`], 'stdout', time)
      web.rotate()
    }
    const folder = path.dirname(web.file)
    const names = readdirSync(folder).sort()
    expect(names).toEqual(['0.log', '0.log.20261124-000003.gz', '0.log.20261124-000004.gz', '0.log.20261124-000005.gz', '0.log.20261124-000006'])
    expect(gunzipSync(readFileSync(path.join(folder, names[1] ?? ''))).toString()).toContain('round 3')
  })

  it('has Docker\'s files behind two links, and rotates them by numbers', () => {
    const node = new NodeLayout(tempFolder('node'), 'docker')
    const web = node.pod({ name: 'web-1' }).container('web')
    web.write(['hello'], 'stdout', time)
    web.rotate()
    expect(readFileSync(`${realpathSync(web.link)}.1`, 'utf8')).toBe('{"log":"hello\\n","stream":"stdout","time":"2026-11-24T10:15:02.123000000Z"}\n')
  })

  it('gives a restarted container another file and link, and takes all of a deleted pod away', () => {
    const node = new NodeLayout(tempFolder('node'))
    const pod = node.pod({ name: 'web-1' })
    const web = pod.container('web')
    const before = web.link
    web.restart()
    expect([existsSync(before), web.link === before, path.basename(web.file)]).toEqual([true, false, '1.log'])
    web.restart()
    expect([existsSync(before), readdirSync(node.containers).length, path.basename(web.file)]).toEqual([false, 2, '2.log'])
    pod.delete()
    expect([readdirSync(node.containers), existsSync(pod.folder)]).toEqual([[], false])
  })

  it('writes host files as syslog does', () => {
    const messages = new NodeLayout(tempFolder('node')).hostFile('messages')
    messages.write(['started'], 'systemd[1]', time)
    expect(readFileSync(messages.file, 'utf8')).toBe('Nov 24 10:15:02 ip-10-0-1-2 systemd[1]: started\n')
  })
})
