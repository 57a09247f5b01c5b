/** Whatever happens to the files and to the agent: each line once, in the order written. */
import {
  appendFileSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync, existsSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecordingIngest, startTail, type Agent } from '../recording-ingest.ts'

type Step =
  | { readonly do: 'write'; readonly lines: number; readonly size: number }
  | { readonly do: 'begin' }
  | { readonly do: 'rename' }
  | { readonly do: 'compress'; readonly but: number }
  | { readonly do: 'truncate' }
  | { readonly do: 'restart' }
  | { readonly do: 'kill' }
  | { readonly do: 'full' }
  | { readonly do: 'room' }
  | { readonly do: 'wait'; readonly millis: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('write' as const), lines: fc.integer({ min: 1, max: 60 }), size: fc.constantFrom(100, 200, 3000, 90_000) }) },
  { weight: 3, arbitrary: fc.constant({ do: 'begin' as const }) },
  { weight: 3, arbitrary: fc.constant({ do: 'rename' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('compress' as const), but: fc.integer({ min: 0, max: 2 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'truncate' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'restart' as const }) },
  { weight: 3, arbitrary: fc.constant({ do: 'kill' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'full' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'room' as const }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), millis: fc.integer({ min: 0, max: 30 }) }) }
)

const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

/** How a rotated file is named: numbers move up, numbers rise, dates. */
type Naming = 'counted' | 'rising' | 'dated'

/** Compresses all rotated files but some of the newest, as logrotate does. */
function compress(folder: string, but: number): void {
  const plain = readdirSync(folder)
    .filter((name) => name !== 'app.log' && !name.endsWith('.gz'))
    .map((name) => ({ path: join(folder, name), stats: statSync(join(folder, name)) }))
    .sort((a, b) => a.stats.birthtimeMs - b.stats.birthtimeMs)
  for (const { path, stats } of plain.slice(0, Math.max(0, plain.length - but))) {
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)))
    utimesSync(`${path}.gz`, stats.atimeMs / 1_000, stats.mtimeMs / 1_000)
    rmSync(path)
  }
}

function rotate(file: string, naming: Naming, rotations: number): void {
  if (naming === 'counted') {
    for (let i = rotations; i > 0; i--) {
      for (const end of ['', '.gz']) if (existsSync(`${file}.${i}${end}`)) renameSync(`${file}.${i}${end}`, `${file}.${i + 1}${end}`)
    }
  }
  const dated = `-20261124-${String(100_000 + rotations)}`
  renameSync(file, file + { counted: '.1', rising: `.${rotations + 1}`, dated }[naming])
  writeFileSync(file, '')
}

async function run(steps: readonly Step[], pattern: string, naming: Naming): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'torture-'))
  const file = join(folder, 'app.log')
  const ingest = new RecordingIngest()
  const options = { path: [join(folder, pattern)], rotate_wait: 60_000, watcher_interval: 50 }
  let number = 0
  let begun = false
  let rotations = 0
  writeFileSync(file, '')
  let agent: Agent = await startTail(ingest, options)
  const numbers = (): number[] => ingest.values().map((line) => Number.parseInt(String(line)))
  const stop = async (): Promise<void> => agent.input.stop(performance.now() + 1_000)
  const end = (): void => {
    if (begun) appendFileSync(file, '\n')
    begun = false
  }
  const caughtUp = async (): Promise<boolean> => {
    for (let i = 0; i < 800 && ingest.records.length < number; i++) await pause(5)
    return ingest.records.length >= number
  }
  try {
    for (const each of steps) {
      if (each.do === 'write') {
        end()
        let text = ''
        for (let i = 0; i < each.lines / (each.size > 5_000 ? 20 : 1); i++) text += `${number++} ${'x'.repeat(each.size)}\n`
        appendFileSync(file, text)
      } else if (each.do === 'begin' && !begun) {
        appendFileSync(file, `${number++} begun ${'x'.repeat(100)}`)
        begun = true
      } else if (each.do === 'rename') {
        // the clock of files ticks every few milliseconds
        await pause(6)
        end()
        rotate(file, naming, rotations++)
      } else if (each.do === 'compress') {
        compress(folder, each.but)
      } else if (each.do === 'truncate') {
        end()
        ingest.makeRoom()
        expect(await caughtUp()).toBe(true)
        truncateSync(file)
      } else if (each.do === 'restart') {
        await stop()
        agent = await startTail(ingest, options)
      } else if (each.do === 'kill') {
        ingest.kill()
        await stop()
        ingest.revive()
        agent = await startTail(ingest, options)
      } else if (each.do === 'full') ingest.room = false
      else if (each.do === 'room') ingest.makeRoom()
      else if (each.do === 'wait') await pause(each.millis)
    }
    end()
    ingest.makeRoom()
    await caughtUp()
    await pause(20)
    const seen = numbers()
    const missing = Array.from({ length: number }, (_, i) => i).filter((i) => !seen.includes(i))
    expect({ missing, twice: seen.filter((n, i) => seen.indexOf(n) !== i), overlaps: ingest.overlaps })
      .toEqual({ missing: [], twice: [], overlaps: [] })
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect(agent.counters['fantail_tail_lost_bytes_total']?.value).toBe(0)
  } finally {
    await stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

test.each([
  ['app.log', 'counted'], ['app.log', 'rising'], ['app.log', 'dated'], ['*', 'counted'], ['*', 'rising'], ['*', 'dated']
] as const)('random appends, rotations, truncations, kills: each line once, in order (%s, %s)', async (pattern, naming) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), (steps) => run(steps, pattern, naming)),
    { numRuns: 15, endOnFailure: false, interruptAfterTimeLimit: 40_000 }
  )
}, 90_000)
