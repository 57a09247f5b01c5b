/** A node for published configurations: the files that they read, with a little of each kind in them. */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { JournalMaker } from '../inputs/systemd/make-journal.ts'
import { NodeLayout, type ContainerLog } from './node-layout.ts'
import { tempFolder } from './temp.ts'

export interface Node {
  readonly layout: NodeLayout
  readonly app: ContainerLog
  readonly proxy: ContainerLog
  /** The file of the journal. */
  readonly journal: string
}

/** A node with an application and kube-proxy, a line of each kind, and no journal yet. */
export function makeFiles (): Node {
  const layout = new NodeLayout(tempFolder('node'))
  mkdirSync(path.join(layout.root, 'var/fluent-bit/state'), { recursive: true })
  const app = layout.pod({ namespace: 'web', name: 'front-1' }).container('nginx')
  app.write(['{"level":"info","message":"hello"}', 'plain words', 'x'.repeat(40_000)])
  const proxy = layout.pod({ namespace: 'kube-system', name: 'kube-proxy-abc' }).container('kube-proxy')
  proxy.write(['rules synced'])
  const journal = path.join(layout.root, 'var/log/journal', 'a'.repeat(32), 'system.journal')
  mkdirSync(path.dirname(journal), { recursive: true })
  return { layout, app, proxy, journal }
}

/** What a node's journal has. */
export const journalEntries: readonly Readonly<Record<string, string>>[] = [
  { MESSAGE: 'Started container', _SYSTEMD_UNIT: 'kubelet.service', PRIORITY: '6', SYSLOG_FACILITY: '3', SYSLOG_IDENTIFIER: 'kubelet' },
  { MESSAGE: 'eth0: link up', _TRANSPORT: 'kernel', PRIORITY: '5', SYSLOG_FACILITY: '0', SYSLOG_IDENTIFIER: 'kernel' },
  { MESSAGE: 'Accepted publickey', PRIORITY: '6', SYSLOG_FACILITY: '10', SYSLOG_IDENTIFIER: 'sshd', SYSLOG_PID: '77' }
].map((entry) => ({ _HOSTNAME: 'ip-10-0-0-1', ...entry }))

/** A node whose journal has these entries. */
export function makeNode (): Node {
  const node = makeFiles()
  const journal = new JournalMaker(node.journal, { compact: true, keyed: true, compression: 'zstd' })
  for (const entry of journalEntries) journal.add(Object.entries(entry), Date.now() * 1000)
  journal.close()
  return node
}
