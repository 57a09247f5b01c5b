import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'stdin-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What an agent makes of its standard input, run from the sources as a process of its own. */
function run(input: string, more = ''): unknown[] {
  const config = join(folder, 'config.yaml')
  writeFileSync(config, `service: {log_level: error, storage.path: ${folder}/state}
pipeline:
  inputs: [{name: stdin, tag: in${more}}]
  outputs: [{name: stdout, match: '*', format: json_lines, json_date_key: false}]
`)
  const main = new URL('../../src/main.ts', import.meta.url).pathname
  const text = execFileSync(process.execPath, [main, 'run', '-c', config], { input, encoding: 'utf8', timeout: 15_000 })
  return text.trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)
}

it('takes JSON objects, and ends when there is no more', () => {
  expect(run('{"a":1}\n{"b":"x"}\n')).toEqual([{ a: 1 }, { b: 'x' }])
}, 20_000)

it('takes lines through a parser', () => {
  expect(run('a=1 b=two\n', ', parser: logfmt')).toEqual([{ a: '1', b: 'two' }])
}, 20_000)
