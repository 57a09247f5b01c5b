/** The input systemd on files of the journal as systemd itself writes them. */
import { execFileSync } from 'node:child_process'
import { readFileSync, renameSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { Collector } from '../support/collector.ts'
import { imbalances, total } from '../support/ledger.ts'
import { journalRemote, JournalWriter } from '../support/servers/journald.ts'
import { describeWith } from '../support/servers/server.ts'
import { eventually, sleep } from '../support/wait.ts'
import { numbered } from '../support/writer.ts'

const machine = '11112222333344445555666677778888'
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

await describeWith([journalRemote], 'the journal', () => {
  it('comes whole through kill -9 and a rotation while the agent is dead, and the ledger balances', async () => {
    const collector = await Collector.start()
    closers.push(() => collector.stop())
    const agent = await Agent.create({
      pipeline: `
inputs:
  - { name: systemd, path: '{dir}/journal', tag: 'host.*', storage.type: filesystem }
outputs:
  - { name: http, match: '*', host: 127.0.0.1, port: ${collector.port}, uri: /in, format: json_lines, retry_limit: no_limits }`,
      storage: 'filesystem'
    })
    closers.push(() => agent.alive && agent.kill())
    const file = path.join(agent.folder, 'journal', machine, 'system.journal')
    let writer = new JournalWriter(file)
    closers.push(() => writer.close())
    let count = 0
    const write = (entries: number): void => writer.write(Array.from({ length: entries }, () => ({
      _SYSTEMD_UNIT: count % 2 === 0 ? 'kubelet.service' : 'containerd.service',
      PRIORITY: '6',
      // every fifth is long enough to be compressed, and has two lines
      MESSAGE: numbered('journal', count, count++ % 5 === 4 ? 700 : 80).replace(/x$/, count % 5 === 0 ? '\nx' : 'x')
    })))
    for (let life = 0; life < 4; life++) {
      agent.launch()
      for (let i = 0; i < 10; i++) {
        write(50)
        await sleep(60)
      }
      await agent.kill()
      write(50)
      if (life === 1) {
        await writer.close()
        renameSync(file, path.join(path.dirname(file), 'system@1.journal'))
        writer = new JournalWriter(file)
        write(50)
      }
    }
    await agent.start()
    const { checker } = collector
    await eventually(() => `all entries\n${checker.missing([{ name: 'journal', count }]).join()}\n${agent.running.tail(5)}`,
      () => checker.seen('journal') === count, { timeout: 60_000 })
    expect(checker.missing([{ name: 'journal', count }])).toEqual([])
    await eventually('the ledger settles', async () => total((await agent.ledger()).outputs['http.0']?.['waiting']) === 0)
    const ledger = await agent.ledger()
    expect(imbalances(ledger)).toEqual([])
    expect(total(ledger.inputs['systemd.0']?.['read'])).toBe(count)
  })

  it.each([{}, { SYSTEMD_JOURNAL_COMPACT: '0', SYSTEMD_JOURNAL_KEYED_HASH: '0' }])('says the same as journalctl: %o', async (env) => {
    const agent = await Agent.create({
      pipeline: 'inputs:\n  - { name: systemd, path: \'{dir}/journal\', tag: host }\noutputs:\n  - { name: file, match: \'*\', path: \'{dir}\', file: out, format: plain }'
    })
    closers.push(() => agent.alive && agent.kill())
    const folder = path.join(agent.folder, 'journal')
    const writer = new JournalWriter(path.join(folder, 'system.journal'), env)
    const fields = Array.from({ length: 60 }, (_, i) => ({
      MESSAGE: i % 3 === 0 ? `line ${i}\nmore` : 'y'.repeat(i * 40), _PID: String(i % 4), PRIORITY: String(i % 8), [`FIELD_${i % 7}`]: 'äöü "\\'
    }))
    writer.write(fields)
    await writer.close()
    await agent.start()
    const out = path.join(agent.folder, 'out')
    const ours = await eventually('60 records', () => {
      const lines = readFileSync(out, 'utf8').trimEnd().split('\n')
      return lines.length === 60 && lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    })
    const theirs = execFileSync('journalctl', ['--directory', folder, '-o', 'json', '--all', '--no-pager'], { encoding: 'utf8', maxBuffer: 1 << 26 })
      .trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
    const own = theirs.map((entry) => Object.fromEntries(Object.entries(entry).filter(([name]) => !name.startsWith('__'))))
    expect(ours).toEqual(own)
    expect((await agent.stop()).code).toBe(0)
  })
})
