/**
 * CPU per 100 MB of CRI lines spread over 1, 10, 100 and 1,000 files, to `null`.
 *
 *     node bench/files.ts [--megabytes 100]
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { AGENT, removeFolder, scratchFolder } from './process.ts'
import { measure } from './measure.ts'

const { values } = parseArgs({ options: { megabytes: { type: 'string', default: '100' } } })
const megabytes = Number(values.megabytes)
const line = '2026-11-22T10:00:00.123456789Z stdout F {"level":"info","msg":"request served from cache","http_status":200,"latency_ms":12.5,"trace_id":"abcdef012345"} and the rest of it\n'

for (const files of [1, 10, 100, 1000]) {
  const folder = scratchFolder()
  mkdirSync(join(folder, 'logs'))
  const text = line.repeat(Math.ceil((megabytes * 1e6) / files / line.length))
  for (let i = 0; i < files; i++) writeFileSync(join(folder, 'logs', `app-${i}.log`), text)
  const config = join(folder, 'config.yaml')
  writeFileSync(config, `service: {log_level: error, flush: 1, grace: 30}
pipeline:
  inputs: [{name: tail, path: ${folder}/logs/*.log, tag: app.*, read_from_head: true, exit_on_eof: true, multiline.parser: cri}]
  outputs: [{name: 'null', match: '*'}]
`)
  const { cpu, peak, wall } = await measure([AGENT, '-c', config], { ...process.env, FANTAIL_STATE_DIR: join(folder, 'state') })
  console.log(`${String(files).padStart(5)} files: ${((cpu * 100) / megabytes).toFixed(2)} CPU s per 100 MB, peak ${peak.toFixed(0)} MB, wall ${wall.toFixed(2)} s`)
  removeFolder(folder)
}
