/**
 * CPU per 100 MB of CRI lines spread over 1, 10, 100 and 1,000 files, to `null`: the least of some rounds, which take turns
 * so that other work on the machine meets all alike.
 *
 *     node bench/files.ts [--megabytes 400] [--rounds 3]
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { AGENT, removeFolder, scratchFolder } from './process.ts'
import { measure } from './measure.ts'

const { values } = parseArgs({ options: { megabytes: { type: 'string', default: '400' }, rounds: { type: 'string', default: '3' } } })
const megabytes = Number(values.megabytes)
const line = '2026-11-22T10:00:00.123456789Z stdout F {"level":"info","msg":"request served from cache","http_status":200,"latency_ms":12.5,"trace_id":"abcdef012345"} and the rest of it\n'

const cases = [1, 10, 100, 1000].map((files) => {
  const folder = scratchFolder()
  mkdirSync(join(folder, 'logs'))
  const text = line.repeat(Math.ceil((megabytes * 1e6) / files / line.length))
  for (let i = 0; i < files; i++) writeFileSync(join(folder, 'logs', `app-${i}.log`), text)
  writeFileSync(join(folder, 'config.yaml'), `service: {log_level: error, flush: 1, grace: 30}
pipeline:
  inputs: [{name: tail, path: ${folder}/logs/*.log, tag: app.*, read_from_head: true, exit_on_eof: true, multiline.parser: cri}]
  outputs: [{name: 'null', match: '*'}]
`)
  return { files, folder, cpu: Infinity, peak: Infinity, wall: Infinity }
})
for (let round = 0; round < Number(values.rounds); round++) {
  for (const each of cases) {
    const state = join(each.folder, 'state')
    const { cpu, peak, wall } = await measure([AGENT, '-c', join(each.folder, 'config.yaml')], { ...process.env, FANTAIL_STATE_DIR: state })
    rmSync(state, { recursive: true, force: true })
    each.cpu = Math.min(each.cpu, cpu)
    each.peak = Math.min(each.peak, peak)
    each.wall = Math.min(each.wall, wall)
  }
}
for (const { files, folder, cpu, peak, wall } of cases) {
  console.log(`${String(files).padStart(5)} files: ${((cpu * 100) / megabytes).toFixed(2)} CPU s per 100 MB, peak ${peak.toFixed(0)} MB, wall ${wall.toFixed(2)} s`)
  removeFolder(folder)
}
