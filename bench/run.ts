/**
 * CPU per 100 MB and peak RSS, paired: every round runs Fantail and, when there is a `fluent-bit` on the PATH, Fluent Bit
 * with the same configuration on the same input, one after the other. Without it figures are printed and no verdict.
 *
 *     node bench/run.ts [--rounds 3] [--megabytes 100] [--agent PATH] [--config-only] [NAME …]
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { makeCorpus, type Corpus } from './corpus.ts'
import { measure, type Figures } from './measure.ts'
import { scenarios, type Scenario } from './scenarios.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    megabytes: { type: 'string', default: '100' },
    agent: { type: 'string', default: resolve(import.meta.dirname, '../bin/fantail') },
    alone: { type: 'boolean', default: false }
  }
})

const rounds = Number(values.rounds)
const megabytes = Number(values.megabytes)
const hasFluentBit = !values.alone && spawnSync('fluent-bit', ['--version']).status === 0

/** For the output to CloudWatch Logs; nobody checks them. */
const fixedKeys = { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench', AWS_REGION: 'eu-central-1' }

async function startSink(): Promise<{ port: number; tls: number; stop: () => void }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sink.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const line = await new Promise<string>((done) => child.stdout.once('data', (data: Buffer) => done(data.toString())))
  const [port = 0, tls = 0] = line.split(' ').map(Number)
  return { port, tls, stop: () => child.kill() }
}

async function once(scenario: Scenario, corpus: Corpus, ports: { readonly port: number; readonly tls: number }, command: string): Promise<Figures> {
  const scratch = mkdtempSync(join(tmpdir(), 'fantail-bench-'))
  mkdirSync(join(scratch, 'state'))
  const file = join(scratch, 'config.yaml')
  writeFileSync(file, scenario.config(corpus, { ...ports, scratch }))
  const figures = await measure([command, '-c', file], { ...process.env, ...fixedKeys, FANTAIL_STATE_DIR: join(scratch, 'state') })
  rmSync(scratch, { recursive: true, force: true })
  return figures
}

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN
const per100 = (figures: readonly Figures[]): number => (median(figures.map((f) => f.cpu)) * 100) / megabytes

const corpus = makeCorpus(megabytes)
const sink = await startSink()
const chosen = positionals.length === 0 ? scenarios : scenarios.filter((s) => positionals.includes(s.name))
console.log(`${rounds} rounds of ${megabytes} MB; CPU seconds per 100 MB and peak RSS in MB, medians`)
console.log('scenario'.padEnd(32), 'fantail'.padStart(9), 'peak'.padStart(7), 'wall'.padStart(7), hasFluentBit ? 'fluent-bit   peak    wall   share     bar' : '')
let missed = 0
for (const scenario of chosen) {
  const ours: Figures[] = []
  const theirs: Figures[] = []
  for (let round = 0; round < rounds; round++) {
    ours.push(await once(scenario, corpus, sink, values.agent))
    if (hasFluentBit) theirs.push(await once(scenario, corpus, sink, 'fluent-bit'))
  }
  const failed = ours.some((f) => f.status !== 0) ? ` (exit ${ours.map((f) => f.status).join(', ')})` : ''
  const row = [scenario.name.padEnd(32), per100(ours).toFixed(2).padStart(9), median(ours.map((f) => f.peak)).toFixed(0).padStart(7), median(ours.map((f) => f.wall)).toFixed(2).padStart(7)]
  if (hasFluentBit) {
    const share = median(ours.map((f, i) => f.cpu / theirs[i]!.cpu))
    if (share > scenario.bar) missed++
    row.push(per100(theirs).toFixed(2).padStart(10), median(theirs.map((f) => f.peak)).toFixed(0).padStart(7), median(theirs.map((f) => f.wall)).toFixed(2).padStart(7),
      share.toFixed(3).padStart(7), scenario.bar.toFixed(3).padStart(7), share <= scenario.bar ? ' held' : ' MISSED')
  }
  console.log(row.join(' ') + failed)
}
sink.stop()
process.exitCode = missed === 0 ? 0 : 1
