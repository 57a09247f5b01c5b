/**
 * Runs the project's checks and says at the end, in one line, how many passed, failed and were skipped.
 *
 *   node scripts/test.ts                     types, lint, build, then the suites unit, conformance and integration
 *   node scripts/test.ts torture [--long]    these suites only (a build first); --long is the full length of each torture
 *
 * A check that is no suite (types, lint, build) counts as one.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'

const root = path.join(import.meta.dirname, '..')
const usual = ['unit', 'conformance', 'integration']

interface Tally {
  passed: number
  failed: number
  skipped: number
}

const suites = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const long = process.argv.includes('--long')
const tally: Tally = { passed: 0, failed: 0, skipped: 0 }

if (suites.length === 0) {
  check('types', 'tsc', '--noEmit')
  check('lint', 'oxlint', '--type-aware')
}
if (check('build', process.execPath, 'scripts/build.ts')) runSuites(suites.length === 0 ? usual : suites)
console.log(`${tally.passed} passed, ${tally.failed} failed${tally.skipped === 0 ? '' : `, ${tally.skipped} skipped`}`)
process.exitCode = tally.failed === 0 ? 0 : 1

function run (command: string, ...args: string[]): boolean {
  const program = command.includes('/') ? command : path.join(root, 'node_modules/.bin', command)
  const { status } = spawnSync(program, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...(long ? { FANTAIL_TORTURE: 'long' } : {}) }
  })
  return status === 0
}

function check (name: string, command: string, ...args: string[]): boolean {
  console.log(`\n# ${name}`)
  const good = run(command, ...args)
  if (good) tally.passed++
  else {
    tally.failed++
    console.log(`${name}: failed`)
  }
  return good
}

function runSuites (names: readonly string[]): void {
  console.log(`\n# ${names.join(', ')}`)
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fantail-results-'))
  const results = path.join(folder, 'results.json')
  try {
    const good = run('vitest', 'run', ...names.map((name) => `--project=${name}`), '--reporter=default', '--reporter=json',
      `--outputFile.json=${results}`)
    const counts = JSON.parse(readFileSync(results, 'utf8')) as {
      numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number, success: boolean
    }
    tally.passed += counts.numPassedTests
    tally.skipped += counts.numPendingTests + counts.numTodoTests
    // A file that cannot even be loaded, or an error outside any test, has no failed test of its own.
    tally.failed += Math.max(counts.numFailedTests, good && counts.success ? 0 : 1)
  } catch (error) {
    console.log(`the suites gave no results: ${error instanceof Error ? error.message : String(error)}`)
    tally.failed++
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
