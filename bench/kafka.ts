/**
 * CPU per 100 MB and peak RSS of container logs with their pods' metadata into a real Kafka broker, by each client. The
 * broker's own CPU is not part of any figure.
 *
 *     node bench/kafka.ts [--rounds 3] [--megabytes 100]
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { KafkaServer } from '../test/support/servers/kafka.ts'
import { makeCorpus } from './corpus.ts'
import { measure, type Figures } from './measure.ts'
import { kafkaConfiguration } from './scenarios.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' }, megabytes: { type: 'string', default: '100' } } })
const [rounds, megabytes] = [Number(values.rounds), Number(values.megabytes)]
const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN

const corpus = makeCorpus(megabytes)
const server = await KafkaServer.start({ settings: { 'log.retention.bytes': '100000000', 'log.segment.bytes': '50000000' } })
console.log(`${rounds} rounds of ${megabytes} MB; CPU seconds per 100 MB, peak RSS in MB, wall seconds: medians`)
try {
  for (const [client, codec] of [['bytes', 'none'], ['kafkajs', 'none'], ['bytes', 'lz4'], ['bytes', 'snappy'], ['bytes', 'gzip'], ['bytes', 'zstd']] as const) {
    const figures: Figures[] = []
    for (let round = 0; round < rounds; round++) {
      const topic = `bench-${client}-${codec}-${round}`
      await server.createTopic(topic, 3)
      const scratch = mkdtempSync(join(tmpdir(), 'fantail-bench-'))
      mkdirSync(join(scratch, 'state'))
      const file = join(scratch, 'config.yaml')
      writeFileSync(file, kafkaConfiguration(corpus, { brokers: server.brokers, topic, client, codec }))
      figures.push(await measure([resolve(import.meta.dirname, '../bin/fantail'), '-c', file], { ...process.env, FANTAIL_STATE_DIR: join(scratch, 'state') }))
      rmSync(scratch, { recursive: true, force: true })
    }
    const failed = figures.some(({ status }) => status !== 0) ? ' (failed)' : ''
    console.log(`${client} ${codec}`.padEnd(16), ...[median(figures.map(({ cpu }) => cpu * 100 / megabytes)).toFixed(2), median(figures.map(({ peak }) => peak)).toFixed(0), median(figures.map(({ wall }) => wall)).toFixed(1)].map((text) => text.padStart(8)), failed)
  }
} finally {
  await server.stop()
}
