import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openStore } from '../../src/buffer/open-store.ts'
import type { Frame } from '../../src/buffer/frame.ts'
import type { FrameStore } from '../../src/buffer/store.ts'
import { inputImbalance, outputImbalance } from '../../src/event/ledger.ts'
import { Source, SPAN, copyOf, delivered, drain, makeDirectory, numbersIn, pause, range, storeOptions } from './make-frames.ts'

const OUTPUTS = ['a', 'b'] as const
type Output = (typeof OUTPUTS)[number]

/** What the test knows of the store: where every record was sent, and who is done with it. */
class Model {
  readonly routes = new Map<string, readonly Output[]>()
  readonly done = { a: new Set<string>(), b: new Set<string>() }
  /** `done` when cursors were written the last time. */
  written = { a: new Set<string>(), b: new Set<string>() }
  readonly taken: { readonly output: Output, readonly frame: Frame }[] = []
  readonly sources = { d: new Source('d', 'disk'), m: new Source('m', 'memory') }
  readonly appended = { d: 0, m: 0 }

  finish(store: FrameStore, at: number): void {
    const { output, frame } = this.taken.splice(at % this.taken.length, 1)[0]!
    const numbers = numbersIn(frame, output)
    for (const number of numbers) this.done[output].add(number)
    store.queue(output).done(frame, delivered(numbers.length))
  }
}

type Step =
  | { readonly kind: 'append', readonly source: 'd' | 'm', readonly amount: number, readonly outputs: readonly Output[], readonly size: number }
  | { readonly kind: 'take', readonly output: Output }
  | { readonly kind: 'done' | 'untake', readonly at: number }
  | { readonly kind: 'write' }

const steps = fc.array(fc.oneof(
  { weight: 5, arbitrary: fc.record({
    kind: fc.constant('append' as const), source: fc.constantFrom('d' as const, 'm' as const), amount: fc.integer({ min: 0, max: 4 }),
    outputs: fc.constantFrom<readonly Output[]>(['a'], ['b'], ['a', 'b']), size: fc.constantFrom(0, 0, 3000)
  }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('take' as const), output: fc.constantFrom(...OUTPUTS) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('done' as const), at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('untake' as const), at: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('write' as const) }) }
), { minLength: 1, maxLength: 60 })

async function run(store: FrameStore, model: Model, all: readonly Step[]): Promise<void> {
  for (const step of all) {
    if (step.kind === 'append') {
      const source = model.sources[step.source]
      const from = source.next
      // an amount of 0 stands for records that a filter took
      if (step.amount === 0) source.filter(store, 1)
      else source.append(store, step.amount, step.outputs, step.size)
      for (const number of range(step.source, from, source.next)) model.routes.set(number, step.amount === 0 ? [] : step.outputs)
    } else if (step.kind === 'take') {
      const frame = store.queue(step.output).take()
      if (frame !== undefined) model.taken.push({ output: step.output, frame })
    } else if (step.kind === 'write') {
      vi.advanceTimersByTime(1100)
      model.written = { a: new Set(model.done.a), b: new Set(model.done.b) }
      await new Promise((resolve) => setImmediate(resolve))
    } else if (model.taken.length > 0) {
      if (step.kind === 'done') model.finish(store, step.at)
      else {
        const { output, frame } = model.taken.splice(step.at % model.taken.length, 1)[0]!
        store.queue(output).untake(frame)
      }
    }
  }
}

/** Checks a store that was recovered from a kill of the modelled one. */
function expectNothingLost(store: FrameStore, model: Model, isExact: boolean): void {
  for (const [name, terms] of store.ledger().inputs) expect([name, inputImbalance(terms)]).toEqual([name, 0])
  for (const [name, terms] of store.ledger().outputs) expect([name, outputImbalance(terms)]).toEqual([name, 0])
  const again = { a: drain(store, 'a'), b: drain(store, 'b') }
  const { outputs } = store.ledger()
  for (const [name, terms] of outputs) expect([name, outputImbalance(terms), terms.waiting]).toEqual([name, 0, 0])
  const covered = new Set(store.recovered.flatMap(({ uid, covered }) =>
    covered.flatMap(([from, to]) => range(uid.replace(/-+$/, ''), from / SPAN, to / SPAN))))
  let missing = 0
  for (const number of covered) {
    const routes = model.routes.get(number)
    expect(routes, `${number} is covered and was never appended`).toBeDefined()
    for (const output of routes!) {
      if (model.done[output].has(number) || again[output].includes(number)) continue
      missing++
    }
  }
  const corrupt = OUTPUTS.reduce((sum, name) => sum + (outputs.get(name)?.dropped['corrupt'] ?? 0), 0)
  expect(missing).toBeLessThanOrEqual(corrupt)
  for (const output of OUTPUTS) {
    expect(new Set(again[output]).size).toBe(again[output].length)
    for (const number of again[output]) expect(model.routes.get(number), `${number} for ${output}`).toContain(output)
  }
  if (!isExact) return
  expect(corrupt).toBe(0)
  for (const [number, routes] of model.routes) {
    const isDone = routes.every((output) => model.done[output].has(number))
    const isWritten = routes.every((output) => model.written[output].has(number))
    if (number.startsWith('d')) expect(covered, number).toContain(number)
    else if (isWritten && routes.length > 0) expect(covered, number).toContain(number)
    else if (!isDone) expect(covered, number).not.toContain(number)
    for (const output of routes) {
      if (number.startsWith('d') && model.written[output].has(number)) expect(again[output]).not.toContain(number)
      if (number.startsWith('d') && !model.done[output].has(number)) expect(again[output]).toContain(number)
      if (number.startsWith('m')) expect(again[output]).not.toContain(number)
    }
  }
}

const seams = { segmentSize: 12_000 }

async function killed(all: readonly Step[], check: (directory: string, model: Model) => Promise<void>): Promise<void> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const directory = makeDirectory()
  const store = await openStore(storeOptions(directory, OUTPUTS), seams)
  const model = new Model()
  try {
    await run(store, model, all)
    const copy = copyOf(directory)
    await check(copy, model)
    fs.rmSync(copy, { recursive: true })
  } finally {
    vi.useRealTimers()
    await store.close()
    fs.rmSync(directory, { recursive: true })
  }
}

function files(directory: string): string[] {
  return ['log', 'cursors'].flatMap((folder) => fs.readdirSync(path.join(directory, folder)).sort()
    .map((file) => path.join(directory, folder, file)))
}

describe('recovery', () => {
  it('after a kill finds exactly what was appended, and delivers again only what the cursors did not say yet', async () => {
    await fc.assert(fc.asyncProperty(steps, (all) => killed(all, async (directory, model) => {
      const store = await openStore(storeOptions(directory, OUTPUTS), seams)
      expectNothingLost(store, model, true)
      await store.close()
    })), { numRuns: 60 })
  }, 60_000)

  it('goes on as the same store would, kill after kill', async () => {
    await fc.assert(fc.asyncProperty(fc.array(steps, { minLength: 2, maxLength: 4 }), async (lives) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const model = new Model()
      let directory = makeDirectory()
      for (const life of lives) {
        const store = await openStore(storeOptions(directory, OUTPUTS), seams)
        const { covered } = store.recovered.find(({ uid }) => uid.startsWith('m')) ?? { covered: [] }
        // a memory input reads again from where its position is; here only when there is no hole in it
        model.sources.m = new Source('m', 'memory', Math.max(0, ...covered.map(([, to]) => to / SPAN), model.sources.m.next))
        model.taken.length = 0
        await run(store, model, life)
        directory = copyOf(directory)
        await store.close()
      }
      const store = await openStore(storeOptions(directory, OUTPUTS), seams)
      expectNothingLost(store, model, false)
      await store.close()
      vi.useRealTimers()
    }), { numRuns: 25 })
  }, 60_000)

  it('survives a cut of the newest segment at any byte: what is not there is not covered', async () => {
    await fc.assert(fc.asyncProperty(steps, fc.double({ min: 0, max: 1, noNaN: true }), (all, where) => killed(all, async (directory, model) => {
      const newest = files(directory).filter((file) => file.endsWith('.log')).at(-1)!
      fs.truncateSync(newest, Math.floor(fs.statSync(newest).size * where))
      const store = await openStore(storeOptions(directory, OUTPUTS), seams)
      expectNothingLost(store, model, false)
      await store.close()
      const next = await openStore(storeOptions(directory, OUTPUTS), seams)
      expect(next.recovery).toMatchObject({ tornBytes: 0, corruptFrames: 0 })
      expect([...drain(next, 'a'), ...drain(next, 'b')]).toEqual([])
      await next.close()
    })), { numRuns: 60 })
  }, 60_000)

  it('survives a changed byte anywhere: no record is lost uncounted, none is invented', async () => {
    await fc.assert(fc.asyncProperty(steps, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 255 }), fc.boolean(),
      (all, which, where, mask, isReboot) => killed(all, async (directory, model) => {
        const candidates = files(directory)
        const file = candidates[which % candidates.length]!
        const bytes = fs.readFileSync(file)
        // the used part of a cursor's slots is short: aim at it
        const end = file.endsWith('.cursor') ? 400 : bytes.length
        const at = Math.min(bytes.length - 1, Math.floor(end * where) + (file.endsWith('.cursor') && which % 2 === 0 ? 65_536 : 0))
        bytes[at]! ^= mask
        fs.writeFileSync(file, bytes)
        const store = await openStore(storeOptions(directory, OUTPUTS), isReboot ? { ...seams, boot: 'next' } : seams)
        expectNothingLost(store, model, false)
        await store.close()
      })), { numRuns: 150 })
  }, 60_000)

  it('begins at the start of the log for an output whose cursor is gone', async () => {
    const directory = makeDirectory()
    const store = await openStore(storeOptions(directory, OUTPUTS))
    new Source('d', 'disk').append(store, 3, OUTPUTS)
    drain(store, 'a')
    await store.close()
    fs.rmSync(path.join(directory, 'cursors', 'a.cursor'))
    const after = await openStore(storeOptions(directory, OUTPUTS))
    expect(drain(after, 'a')).toEqual(range('d', 0, 3))
    await after.close()
  })

  it('does not hide new frames behind a cursor that is beyond the log', async () => {
    const directory = makeDirectory()
    const store = await openStore(storeOptions(directory, OUTPUTS))
    const source = new Source('d', 'disk')
    for (let i = 0; i < 5; i++) source.append(store, 1, OUTPUTS)
    drain(store, 'a')
    await store.close()
    for (const file of files(directory).filter((name) => name.endsWith('.log'))) fs.rmSync(file)
    const after = await openStore(storeOptions(directory, OUTPUTS))
    expect(after.recovered).toEqual([])
    new Source('e', 'disk').append(after, 2, OUTPUTS)
    expect(drain(after, 'a')).toEqual(range('e', 0, 2))
    await after.close()
  })

  it('quarantines a corrupt frame, leaves its range uncovered and keeps its neighbours', async () => {
    const directory = makeDirectory()
    const store = await openStore(storeOptions(directory, ['a']))
    const source = new Source('d', 'disk')
    for (let i = 0; i < 3; i++) source.append(store, 2, ['a'])
    const copy = copyOf(directory)
    await store.close()
    const log = files(copy).find((file) => file.endsWith('.log'))!
    const bytes = fs.readFileSync(log)
    bytes[bytes.indexOf('"n":3') + 4]! ^= 1
    fs.writeFileSync(log, bytes)
    const after = await openStore(storeOptions(copy, ['a']))
    expect(after.recovery).toMatchObject({ corruptFrames: 1, tornBytes: 0, framesRead: 2 })
    expect(after.recovered[0]!.covered).toEqual([[0, 20], [40, 60]])
    expect(after.ledger().inputs.get('disk')).toMatchObject({ read: 4, buffered: 4 })
    expect(drain(after, 'a')).toEqual(['d:0', 'd:1', 'd:4', 'd:5'])
    const [file] = fs.readdirSync(path.join(copy, 'quarantine'))
    expect(fs.readFileSync(path.join(copy, 'quarantine', file!)).includes('"n":2')).toBe(true)
    await after.close()
  })

  it('after a power loss trusts no snapshot that vouches for a segment which lost its end', async () => {
    const directory = makeDirectory()
    const store = await openStore(storeOptions(directory, ['a']), { segmentSize: 10_000 })
    const source = new Source('d', 'disk')
    // the second segment's snapshot is taken before the first one can be synced
    while (store.usage().segments < 3) source.append(store, 1, ['a'], 3000)
    source.append(store, 1, ['a'], 3000)
    const copy = copyOf(directory)
    await store.close()
    const logs = files(copy).filter((file) => file.endsWith('.log'))
    fs.truncateSync(logs[1]!, Math.floor(fs.statSync(logs[1]!).size / 2))
    const after = await openStore(storeOptions(copy, ['a']), { boot: 'next' })
    const numbers = drain(after, 'a')
    const { covered } = after.recovered[0]!
    expect(covered).toHaveLength(2)
    expect(covered.flatMap(([from, to]) => range('d', from / SPAN, to / SPAN))).toEqual(numbers)
    expect(numbers.length).toBeLessThan(source.next)
    await after.close()
  })

  it('starts with a large backlog by its indexes, without reading the frames', async () => {
    const directory = makeDirectory()
    const store = await openStore(storeOptions(directory, ['a', 'b']), { segmentSize: 1 << 20 })
    const source = new Source('d', 'disk')
    for (let i = 0; i < 100; i++) source.append(store, 100, ['a', 'b'], 5000)
    const frames = Array.from({ length: 60 }, () => store.queue('b').take()!)
    for (const frame of frames) store.queue('b').done(frame, delivered(100))
    await pause(1300)
    await store.sync()
    // the next segment's snapshot says that those before it are on the disk, so that even a power loss is no reason
    for (let i = 0; i < 3; i++) source.append(store, 100, ['a', 'b'], 5000)
    await store.close()
    const after = await openStore(storeOptions(directory, ['a', 'b']), { segmentSize: 1 << 20, boot: 'next' })
    expect(after.recovery.framesRead).toBeLessThan(20)
    expect(after.queue('a').waiting()).toMatchObject({ records: 10_300, frames: 103, oldest: 1_700_000_000 })
    expect(after.queue('b').waiting()).toMatchObject({ records: 4300, frames: 43, oldest: 1_700_006_000 })
    expect(drain(after, 'b')).toEqual(range('d', 6000, 10_300))
    await after.close()
  })

  it('reads nothing but the open segment after a kill, synced or not', async () => {
    const directory = makeDirectory()
    const store = await openStore(storeOptions(directory, ['a']), { segmentSize: 50_000 })
    const source = new Source('d', 'disk')
    for (let i = 0; i < 100; i++) source.append(store, 10, ['a'], 1000)
    const copy = copyOf(directory)
    const after = await openStore(storeOptions(copy, ['a']))
    expect(after.recovery.framesRead).toBeLessThan(10)
    expect(after.recovered[0]!.covered).toEqual([[0, 10_000]])
    expect(drain(after, 'a')).toEqual(range('d', 0, 1000))
    await after.close()
    await store.close()
  })

  it('loses nothing when the process is killed at any moment', async () => {
    const directory = makeDirectory()
    for (let life = 0; life < 6; life++) {
      const child = spawn(process.execPath, [path.join(import.meta.dirname, 'killed-process.ts'), directory], { stdio: 'ignore' })
      onTestFinished(() => { child.kill('SIGKILL') })
      const ended = new Promise((resolve) => { child.once('exit', resolve) })
      while (!fs.existsSync(path.join(directory, `begun-${life}`))) {
        expect(child.exitCode).toBeNull()
        await pause(5)
      }
      await pause(30 + life * 37)
      child.kill('SIGKILL')
      await ended
    }
    const store = await openStore(storeOptions(directory, OUTPUTS), seams)
    for (const [, terms] of store.ledger().inputs) expect(inputImbalance(terms)).toBe(0)
    for (const [, terms] of store.ledger().outputs) expect(outputImbalance(terms)).toBe(0)
    let total = 0
    for (const output of OUTPUTS) {
      const seen = new Set(fs.readFileSync(path.join(directory, `seen-${output}`), 'utf8').split('\n'))
      for (const number of drain(store, output)) seen.add(number)
      for (const { uid, covered } of store.recovered) {
        for (const [from, to] of covered) {
          for (const number of range(uid.replace(/-+$/, ''), from / SPAN, to / SPAN)) {
            expect(seen.has(number), `${number} for ${output}`).toBe(true)
            total++
          }
        }
      }
    }
    expect(total).toBeGreaterThan(100)
    await store.close()
  }, 60_000)
})
