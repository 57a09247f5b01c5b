/** The two old ways to join lines: docker_mode, and multiline with parser_firstline. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RAW_TEXT, type Record, type Source } from '../../../src/event/record.ts'
import type { Parser } from '../../../src/plugin/parser.ts'
import { RecordingIngest, startTail, type TailOptions } from '../recording-ingest.ts'

let folder: string
let file: string
let ingest: RecordingIngest

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'modes-'))
  file = join(folder, 'app.log')
  ingest = new RecordingIngest()
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A parser by expression, enough for these tests. */
function parser(name: string, pattern: RegExp): Parser {
  return {
    name,
    parse(record: Record, source: Source, start: number, end: number): boolean {
      const groups = pattern.exec(record.bytes[source].toString('utf8', start, end))?.groups
      if (groups === undefined) return false
      for (const [key, value] of Object.entries(groups)) {
        const at = record.addText(value)
        record.set(record.pool.key(key), 1, at, record.arenaLength, RAW_TEXT)
      }
      return true
    }
  }
}

const first = parser('first', /^(?<level>[A-Z]+) (?<text>.*)$/)
const cause = parser('cause', /^cause: (?<cause>.*)$/)

async function read(content: string, given: TailOptions): Promise<unknown[]> {
  writeFileSync(file, content)
  const agent = await startTail(ingest, { path: [file], exit_on_eof: true, ...given }, { parsers: { first, cause } })
  while (agent.finished() === null) await new Promise((resolve) => setTimeout(resolve, 5))
  await agent.input.stop(performance.now() + 1_000)
  expect(ingest.overlaps).toEqual([])
  expect(ingest.recovered()[0]!.covered).toEqual([[0, content.length]])
  return ingest.records.map((taken) => taken.members)
}

test('docker_mode joins the parts of a line; what is no JSON goes through as it is', async () => {
  const lines = ['{"log":"a","n":1}', '{"log":"b\\n","n":2}', 'plain', '{"log":"c\\n","n":3}', '{"log":"open"}']
  expect(await read(lines.join('\n') + '\n', { docker_mode: true })).toEqual([
    { log: '{"log":"ab\\n","n":2}' }, { log: 'plain' }, { log: '{"log":"c\\n","n":3}' }, { log: '{"log":"open"}' }
  ])
})

test('multiline: lines are added to the last text of a group, or taken apart', async () => {
  const lines = ['stray', 'ERROR one', '  at a', 'cause: disk', '  at b', 'INFO two']
  expect(await read(lines.join('\n') + '\n', {
    'multiline': true, 'parser_firstline': 'first', 'parser_': new Map([['1', 'cause']])
  })).toEqual([
    { log: 'stray' }, { level: 'ERROR', text: 'one\n  at a', cause: 'disk\n  at b' }, { level: 'INFO', text: 'two' }
  ])
})

test('a group that is open at a stop is joined after the restart', async () => {
  const options = { path: [file], multiline: true, parser_firstline: 'first', multiline_flush: 60_000 }
  writeFileSync(file, 'ERROR one\n  at a\n')
  const before = await startTail(ingest, options, { parsers: { first } })
  for (let i = 0; i < 200 && ingest.held < 2; i++) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(ingest.held).toBe(2)
  await before.input.stop(performance.now() + 1_000)
  expect(ingest.records).toEqual([])
  appendFileSync(file, '  at b\nINFO two\n')
  const after = await startTail(ingest, options, { parsers: { first } })
  for (let i = 0; i < 200 && ingest.records.length < 1; i++) await new Promise((resolve) => setTimeout(resolve, 5))
  await after.input.stop(performance.now() + 1_000)
  expect(ingest.records.map((taken) => taken.members)).toEqual([{ level: 'ERROR', text: 'one\n  at a\n  at b' }])
})
