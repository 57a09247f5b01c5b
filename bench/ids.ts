/**
 * What ids of documents cost a real Elasticsearch: the same records are indexed with our ids and without, in turn, each
 * into a new index; the CPU time of the server's process and the time until all can be searched are measured.
 *
 *     node bench/ids.ts [pairs] [records]
 */
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { es } from '../src/outputs/es.ts'
import { makeBatch } from '../test/event/make-batch.ts'
import { never, optionsOf, outputContext } from '../test/outputs/output-context.ts'
import { elasticsearch } from '../test/support/servers/elasticsearch.ts'

const pairs = Number(process.argv[2] ?? 3)
const records = Number(process.argv[3] ?? 100_000)
const PER_REQUEST = 2000

const server = await elasticsearch.start({ heap: 1024 })

/** Seconds of CPU that the server has used, user and system. */
function cpu (): number {
  const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

async function run (name: string, ids: boolean): Promise<{ cpu: number, time: number, bytes: number }> {
  await server.ask('PUT', `/${name}`, {
    settings: { number_of_shards: 1, number_of_replicas: 0, refresh_interval: '1s' }
  })
  const output = await es.create(optionsOf(es, { index: name, ...(ids ? {} : { generate_id: false }) }), outputContext({ host: '127.0.0.1', port: server.port }))
  await output.open?.()
  const [usedBefore, begin] = [cpu(), performance.now()]
  for (let from = 0; from < records; from += PER_REQUEST) {
    const batch = makeBatch(Array.from({ length: PER_REQUEST }, (_, i) => ({
      body: {
        log: `${from + i} GET /api/v1/orders/${(from + i) * 7919 % 100_000} 200 in ${i % 300} ms`, level: i % 10 === 0 ? 'warn' : 'info', stream: 'stdout',
        kubernetes: { namespace_name: 'shop', pod_name: `cart-${i % 20}`, container_name: 'app', labels: { app: 'cart', tier: 'web' } }
      },
      start: (from + i) * 130, end: (from + i) * 130 + 130
    })))
    const verdict = await output.write(batch, never)
    if (verdict.kind !== 'delivered') throw new Error(JSON.stringify(verdict))
  }
  if (await server.count(name) !== records) throw new Error('not all are there')
  const [time, used] = [(performance.now() - begin) / 1000, cpu() - usedBefore]
  await server.ask('POST', `/${name}/_flush`)
  const stats = await server.ask<{ _all: { primaries: { store: { size_in_bytes: number } } } }>('GET', `/${name}/_stats/store`)
  await output.close?.()
  await server.ask('DELETE', `/${name}`)
  return { cpu: used, time, bytes: stats._all.primaries.store.size_in_bytes }
}

try {
  await run('warm-0', true)
  await run('warm-1', false)
  for (let pair = 1; pair <= pairs; pair++) {
    for (const ids of pair % 2 === 1 ? [true, false] : [false, true]) {
      const { cpu: used, time, bytes } = await run(`run-${pair}-${ids ? 'ids' : 'none'}`, ids)
      process.stdout.write(`pair ${pair} ${ids ? 'our ids ' : 'no ids  '} server CPU ${used.toFixed(2)} s, time ${time.toFixed(2)} s, index ${(bytes / 1e6).toFixed(1)} MB\n`)
    }
  }
} finally {
  await server.stop()
}
