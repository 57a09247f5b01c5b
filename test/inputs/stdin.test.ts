import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { eventually } from '../support/wait.ts'

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

it('goes on in the middle of a line when the configuration is loaded again', async () => {
  const config = join(folder, 'config.yaml')
  writeFileSync(config, `service: {storage.path: ${folder}/state}
pipeline:
  inputs: [{name: stdin, tag: in, parser: logfmt}]
  outputs: [{name: stdout, match: '*', format: json_lines, json_date_key: false}]
`)
  const main = new URL('../../src/main.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [main, 'run', '-c', config], { stdio: 'pipe' })
  let out = ''
  let said = ''
  child.stdout.on('data', (data: Buffer) => (out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (said += data.toString()))
  const ended = once(child, 'close')
  await eventually('the start', () => said.includes('Started'))
  child.stdin.write('a=1\nb=be')
  await eventually('the first line', () => out.includes('"1"'))
  child.kill('SIGHUP')
  await eventually('the reload', () => said.includes('loaded again'))
  child.stdin.end('gun\n')
  expect(await ended).toEqual([0, null])
  expect(out).toBe('{"a":"1"}\n{"b":"begun"}\n')
}, 30_000)
