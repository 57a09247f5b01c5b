/**
 * CPU of the stages inside one warm process, without start, sockets and disk: what the code of the hot path itself costs.
 * Every round takes the same lines from a block to a frame and, for es, on to a request; the least of the rounds counts,
 * since other work on the machine only adds to it. It must be bundled as the agent is: Node's own stripping of types
 * detaches a buffer, and from then on V8 checks every access to any buffer for that.
 *
 *     npx esbuild bench/stages.ts --bundle --platform=node --format=esm --outfile=/tmp/stages.mjs
 *     node /tmp/stages.mjs [--rounds 100] [NAME …]
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeCorpus } from './corpus.ts'
import { Pool } from '../src/event/pool.ts'
import { Record } from '../src/event/record.ts'
import { Batch } from '../src/event/batch.ts'
import { Constant } from '../src/event/constant.ts'
import type { FrameBuilder } from '../src/buffer/frame-builder.ts'
import { SlabPool } from '../src/buffer/slab-pool.ts'
import { InputIngest } from '../src/pipeline/ingest.ts'
import { FilterUnit } from '../src/pipeline/tag-path.ts'
import { Lines } from '../src/inputs/tail/lines.ts'
import { Followed } from '../src/inputs/tail/followed.ts'
import { createParser, createParsers } from '../src/parsers/index.ts'
import { LogMerger } from '../src/filters/kubernetes/merge-log.ts'
import { BulkBody } from '../src/outputs/elasticsearch/bulk-body.ts'
import { BufferPool } from '../src/outputs/shared/buffer-pool.ts'
import * as handlers from '../src/inputs/tail/handlers.ts'
import type { RecordFilter } from '../src/plugin/filter.ts'
import type { Parser } from '../src/plugin/parser.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '100' } }
})

const BLOCK = 64 * 1024
const corpus = makeCorpus(100)
const container = join(corpus.containers.slice(0, -'*.log'.length), readdirSync(corpus.containers.slice(0, -'*.log'.length))[0]!)

interface Stage {
  readonly name: string
  readonly file: string
  readonly cri: boolean
  readonly parser?: Parser
  readonly filter?: RecordFilter
  readonly es: boolean
}

const pool = new Pool()
const json = createParser({ name: 'j', format: 'json', time_key: 'time', time_format: '%Y-%m-%dT%H:%M:%S.%L%z' }, pool)
const merger = new LogMerger({ under: undefined, trim: true, keep: true }, pool)
const pod = new Constant(readFileSync(join(corpus.metadata, readdirSync(corpus.metadata)[0]!), 'utf8').slice(0, 430).padEnd(430))
const podKey = pool.key('kubernetes')
const kubernetes = (record: Record): boolean => {
  merger.merge(record, undefined)
  record.setConstant(podKey, pod)
  return true
}

const stages: readonly Stage[] = [
  { name: 'cri', file: container, cri: true, es: false },
  { name: 'cri-kubernetes', file: container, cri: true, filter: kubernetes, es: false },
  { name: 'cri-kubernetes-es', file: container, cri: true, filter: kubernetes, es: true },
  { name: 'json', file: corpus.json, cri: false, parser: json, es: false },
  { name: 'json-es', file: corpus.json, cri: false, parser: json, es: true },
  { name: 'raw-es', file: corpus.raw, cri: false, es: true }
]

/** A store that hands each frame to the request builder and takes its memory back. */
function run(stage: Stage, rounds: number): number {
  const record = new Record(pool)
  const buffers = new BufferPool(1)
  const bulk = new BulkBody({
    operation: 'create', ids: 'identity', idKey: undefined, type: undefined,
    index: { name: 'fluent-bit', prefix: undefined, prefixKey: undefined, separator: '-', date: { grain: 86_400, format: () => 'fluent-bit' }, now: false, hasAccessor: false },
    timeKey: '@timestamp', timeFormat: undefined, timeDigits: 3, tagKey: undefined, replaceDots: false
  }, pool, buffers)
  const batch = new Batch()
  const send = (): void => {
    buffers.give(bulk.build(batch, 0).body)
    batch.count = batch.bytes = 0
  }
  const store = {
    append (_: string, builder: { finish: (sequence: number, ledger: undefined, checksum: boolean) => ReturnType<FrameBuilder['finish']> }) {
      const frame = builder.finish(1, undefined, false)
      for (const [start, end, , tag] of stage.es ? frame.directory.sections : []) {
        for (let at = start; at < end; at += frame.words[at >>> 2]!) {
          if (batch.bytes > 1_000_000) send()
          batch.add(frame, at, tag)
        }
      }
      if (batch.count > 0) send()
      batch.frames.length = 0
      frame.release()
    },
    hasRoom: () => true
  }
  const all = (): boolean => true
  const ingest = new InputIngest({
    input: 'tail.0', store: store as never, slabs: new SlabPool(), record, processors: [],
    filters: stage.filter === undefined ? [] : [new FilterUnit('filter', all, { forTag: () => stage.filter! })],
    destinations: [{ name: 'out', matches: all }], routes: [], paths: new Map(), active: { ingest: undefined }
  })
  const parsers = createParsers([], [], pool)
  const handling = handlers.makeHandling(ingest, pool, {
    key: 'log', pathKey: undefined, offsetKey: undefined, parser: stage.parser ?? null, joiner: stage.cri ? parsers.joiner(['cri'], {}) : null, ignoreOlder: 0
  })
  const counter = { value: 0 } as never
  const lines = new Lines(ingest, handling.clock, { skipEmpty: false, longLine: 0, long: 'whole' }, { skipped: counter, truncated: counter, invalid: counter })
  const tag = ingest.tag('kube.a')
  const file = new Followed('/a', '1', '1', ingest.openStream({ input: 'tail.0', path: '/a', marks: {} }))
  file.handler = handling.joiner === null ? handlers.lineHandler(handling, tag, '/a') : new handlers.JoinerHandler(handling, handling.joiner, tag, '/a')
  const input = readFileSync(stage.file).subarray(0, 2e6)
  const block = Buffer.allocUnsafeSlow(BLOCK)
  let least = Infinity
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage()
    for (let at = 0; at < input.length;) {
      const length = input.copy(block, 0, at)
      const taken = lines.take(file, block, 0, length, at)
      if (taken === 0) break
      at += taken
    }
    ingest.commit()
    const used = process.cpuUsage(before)
    least = Math.min(least, (used.user + used.system) / 1e6 / (input.length / 100e6))
  }
  return least
}

for (const stage of stages) {
  if (positionals.length > 0 && !positionals.includes(stage.name)) continue
  console.log(stage.name.padEnd(24), run(stage, Number(values.rounds)).toFixed(3), 's per 100 MB')
}
