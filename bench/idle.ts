/**
 * CPU and RSS of an agent that follows many quiet files, after it has settled.
 *
 *     node bench/idle.ts [--files 500] [--seconds 30]
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { RunningAgent, pause, removeFolder, scratchFolder } from './process.ts'

const { values } = parseArgs({ options: { files: { type: 'string', default: '500' }, seconds: { type: 'string', default: '30' } } })
const seconds = Number(values.seconds)
const folder = scratchFolder()
mkdirSync(join(folder, 'logs'))
for (let i = 0; i < Number(values.files); i++) writeFileSync(join(folder, 'logs', `app-${i}.log`), 'one line\n')
const agent = new RunningAgent(folder, `service: {log_level: error}
pipeline:
  inputs: [{name: tail, path: ${folder}/logs/*.log, tag: app.*, read_from_head: true}]
  outputs: [{name: stdout, match: '*'}]
`)
await pause(10_000)
const before = agent.cpu()
await pause(seconds * 1000)
const share = ((agent.cpu() - before) / seconds) * 100
const { now, peak } = agent.memory()
console.log(`${values.files} quiet files: ${share.toFixed(2)} % of a core, RSS ${now.toFixed(0)} MB (peak ${peak.toFixed(0)} MB)`)
await agent.stop()
removeFolder(folder)
