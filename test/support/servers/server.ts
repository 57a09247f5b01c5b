import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { describe } from 'vitest'
import { locked } from './cache.ts'

const exec = promisify(execFile)

/** A real program that tests need: downloaded or installed by `prepare`, which throws a sentence when it cannot be had. */
export interface Requirement {
  readonly name: string
  prepare (): Promise<void>
}

const prepared = new Map<Requirement, Promise<string | undefined>>()

function missing (requirement: Requirement): Promise<string | undefined> {
  const known = prepared.get(requirement)
  if (known !== undefined) return known
  const answer = requirement.prepare().then(() => undefined, (error: unknown) => error instanceof Error ? error.message : String(error))
  prepared.set(requirement, answer)
  return answer
}

/**
 * A `describe` for tests that need real servers. With `CI` set, a missing one fails the run; elsewhere the tests are
 * skipped under a name that says what to install. Await it at the top of a test file.
 */
export async function describeWith (requirements: readonly Requirement[], title: string, body: () => void): Promise<void> {
  const reasons: string[] = []
  for (const requirement of requirements) {
    const reason = await missing(requirement)
    if (reason !== undefined) reasons.push(`${requirement.name}: ${reason}`)
  }
  if (reasons.length === 0) {
    describe(title, body)
    return
  }
  if (process.env['CI'] !== undefined && process.env['CI'] !== '') {
    throw new Error(`CI is set and "${title}" cannot run. ${reasons.join('; ')}`)
  }
  process.stderr.write(`skipped: ${title}. ${reasons.join('; ')}\n`)
  describe.skip(`${title} [skipped: ${reasons.join('; ')}]`, body)
}

/** Whether `command` is on the PATH (or a path that can be executed). */
export function onPath (command: string): boolean {
  const folders = command.includes('/') ? [''] : [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin']
  return folders.some((folder) => {
    try {
      accessSync(path.join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** A program of a Debian package; installed when we are root on a machine with apt-get. */
export async function debian (command: string, packages: readonly string[]): Promise<void> {
  if (onPath(command)) return
  const install = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  if (process.getuid?.() !== 0 || !onPath('apt-get')) throw new Error(`needs ${command}: sudo ${install}`)
  await locked('apt', async () => {
    if (onPath(command)) return
    const apt = (...args: string[]): Promise<unknown> => exec('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      maxBuffer: 64 << 20
    })
    const installing = ['install', '-y', '--no-install-recommends', ...packages]
    // The lists may be too old or missing; fetched only then, as that takes longest.
    await apt(...installing).catch(async () => {
      await apt('update')
      await apt(...installing)
    })
  })
  if (!onPath(command)) throw new Error(`needs ${command}, which ${install} did not bring`)
}
