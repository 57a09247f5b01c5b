import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RecordingIngest, startTail, type Agent, type TailOptions } from '../recording-ingest.ts'

let folder: string
let file: string
let ingest: RecordingIngest

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lines-'))
  file = join(folder, 'app.log')
  ingest = new RecordingIngest()
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Reads the file to its end with these options. */
async function read(content: string | Buffer, given: TailOptions = {}): Promise<Agent> {
  writeFileSync(file, content)
  const agent = await startTail(ingest, { path: [file], exit_on_eof: true, ...given })
  while (agent.finished() === null) await new Promise((resolve) => setTimeout(resolve, 5))
  await agent.input.stop(performance.now() + 1_000)
  expect(ingest.overlaps).toEqual([])
  return agent
}

test('every range of the file is covered, empty lines included', async () => {
  const content = 'one\n\n\r\ntwo\r\n'
  await read(content, { skip_empty_lines: true })
  expect(ingest.values()).toEqual(['one', 'two'])
  expect(ingest.recovered()[0]!.covered).toEqual([[0, content.length]])
})

test('a line longer than a block is taken whole', async () => {
  const long = 'x'.repeat(300_000)
  await read(`a\n${long}\nb\n`)
  expect(ingest.values()).toEqual(['a', long, 'b'])
})

test('a line longer than 2 MiB comes in pieces that lack nothing, none cut within a character', async () => {
  const long = 'ü€'.repeat(1_000_000)
  await read(`a\n${long}\nb\n`)
  const values = ingest.values() as string[]
  expect(values.length).toBe(5)
  expect(values.slice(1, -1).join('') === long).toBe(true)
})

test('long lines are skipped when asked, and counted', async () => {
  const agent = await read(`short\n${'x'.repeat(2_000)}\n${'y'.repeat(200_000)}\nafter\n`, {
    skip_long_lines: true, buffer_max_size: 1_000
  })
  expect(ingest.values()).toEqual(['short', 'after'])
  expect(ingest.dropped).toEqual({ long_line: 2 })
  expect(agent.counters['fluentbit_input_long_line_skipped_total']!.value).toBe(2)
})

test('long lines are cut when asked, at a whole character', async () => {
  const agent = await read(`short\n${'ü'.repeat(1_000)}\n${'y'.repeat(200_000)}\nafter\n`, {
    truncate_long_lines: true, buffer_max_size: 1_000
  })
  expect(ingest.values()).toEqual(['short', 'ü'.repeat(499), 'y'.repeat(999), 'after'])
  expect(agent.counters['fluentbit_input_long_line_truncated_total']!.value).toBe(2)
})

test('bytes that are no UTF-8 become U+FFFD, counted by line', async () => {
  const agent = await read(Buffer.concat([
    Buffer.from('good ü\n'), Buffer.from([0x61, 0xff, 0x62, 0x0a]), Buffer.from('good €\n'), Buffer.from([0xc3, 0x0a])
  ]))
  expect(ingest.values()).toEqual(['good ü', 'a\ufffdb', 'good €', '\ufffd'])
  expect(agent.counters['fantail_tail_invalid_utf8_lines_total']!.value).toBe(2)
})

test('a character across two blocks stays whole', async () => {
  const lines = Array.from({ length: 3_000 }, (_, i) => `${i} ${'€'.repeat(i % 50)}`)
  await read(lines.join('\n') + '\n')
  expect(ingest.values()).toEqual(lines)
})

test('zeros that a writer left when the file was truncated under it are left out', async () => {
  await read(Buffer.concat([Buffer.alloc(200_000), Buffer.from('after\n'), Buffer.alloc(3), Buffer.from('more\n')]))
  expect(ingest.values()).toEqual(['after', 'more'])
})

test('UTF-16 with its byte order mark, positions in bytes of the file', async () => {
  const bytes = Buffer.from('\ufeffeins\nzwei ü\n', 'utf16le')
  await read(bytes, { 'unicode.encoding': 'auto', 'offset_key': 'at' })
  expect(ingest.values()).toEqual(['eins', 'zwei ü'])
  expect(ingest.values('at')).toEqual([0, 12])
  expect(ingest.recovered()[0]!.covered).toEqual([[0, bytes.length]])
})

test('long UTF-16 lines across blocks', async () => {
  const lines = ['ä'.repeat(70_000), 'b', 'ö'.repeat(20)]
  await read(Buffer.from(lines.join('\n') + '\n', 'utf16le').swap16(), { 'unicode.encoding': 'UTF-16BE' })
  expect(ingest.values()).toEqual(lines)
})

test('Shift JIS', async () => {
  await read(Buffer.from([0x93, 0xfa, 0x96, 0x7b, 0x0a]), { 'generic.encoding': 'ShiftJIS' })
  expect(ingest.values()).toEqual(['日本'])
})

test('path_key and offset_key stand before the line', async () => {
  await read('one\ntwo\n', { path_key: 'file', offset_key: 'offset' })
  expect(ingest.records.map((taken) => JSON.stringify(taken.members))).toEqual([
    JSON.stringify({ file, offset: 0, log: 'one' }), JSON.stringify({ file, offset: 4, log: 'two' })
  ])
})

test('a long line that arrives bit by bit is taken once it is whole', async () => {
  writeFileSync(file, '')
  const agent = await startTail(ingest, { path: [file] })
  for (let i = 0; i < 20; i++) {
    appendFileSync(file, 'x'.repeat(9_000))
    await new Promise((resolve) => setTimeout(resolve, 8))
  }
  appendFileSync(file, '\nnext\n')
  for (let i = 0; i < 200 && ingest.records.length < 2; i++) await new Promise((resolve) => setTimeout(resolve, 10))
  await agent.input.stop(performance.now() + 1_000)
  expect(ingest.values()).toEqual(['x'.repeat(180_000), 'next'])
})
