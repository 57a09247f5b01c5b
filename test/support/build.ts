import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'

const root = path.join(import.meta.dirname, '../..')

/** Runs once before the suites that start the agent as a process: builds dist when a source is newer. */
export default function buildWhenStale (): void {
  const main = path.join(root, 'dist/main.js')
  const built = existsSync(main) ? statSync(main).mtimeMs : 0
  const newest = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(path.join(root, 'src', name)).mtimeMs)
    .reduce((latest, time) => Math.max(latest, time), 0)
  if (newest > built) execFileSync(process.execPath, ['scripts/build.ts'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
}
