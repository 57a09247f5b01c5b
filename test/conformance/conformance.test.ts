/** Runs every recorded case of Fluent Bit 5.1.1 through the agent as a process and compares what comes out. */
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { Running } from '../support/process.ts'
import { tempFolder } from '../support/temp.ts'
import { sleep } from '../support/wait.ts'
import { compare } from '../support/compare.ts'
import type { Comparison } from '../support/compare.ts'
import { keyOrder, notYet, onPurpose } from './known-differences.ts'

const command = path.join(import.meta.dirname, '../../bin/fantail')
const cases = path.join(import.meta.dirname, 'cases')
/** What we answer where that differs on purpose: as strict as the recorded answers. */
const ours = path.join(import.meta.dirname, 'ours')
const names = readdirSync(cases).sort()
const results = new Map<string, Comparison>()

interface Recorded {
  readonly out: 'stdout' | 'out.txt' | 'both'
  readonly env: Readonly<Record<string, string>>
}

async function run (name: string): Promise<{ comparison: Comparison, log: string, code: number | null }> {
  const folder = path.join(cases, name)
  const recorded = JSON.parse(readFileSync(path.join(folder, 'case.json'), 'utf8')) as Recorded
  const scratch = tempFolder('case')
  const out = path.join(scratch, 'stdout')
  const outFolder = path.join(scratch, 'out')
  mkdirSync(outFolder)
  const running = new Running({
    command,
    args: ['-c', existsSync(path.join(folder, 'fluent-bit.yaml')) ? 'fluent-bit.yaml' : 'fluent-bit.conf'],
    cwd: folder,
    env: {
      ...process.env,
      CASE_DIR: folder,
      OUT_DIR: outFolder,
      HOST_UNDER_TEST: 'node-7',
      XDG_STATE_HOME: scratch,
      FANTAIL_STATE_DIR: path.join(scratch, 'state'),
      ...recorded.env
    },
    stdout: out,
    log: path.join(scratch, 'log')
  })
  const outFile = path.join(outFolder, 'out.txt')
  const ended = await Promise.race([running.exited, sleep(15_000, undefined, { ref: false })])
  if (ended === undefined) await running.kill()
  const printed = readFileSync(out, 'utf8').split('\n').filter((line) => line.startsWith('{')).join('\n')
  const file = existsSync(outFile) ? readFileSync(outFile, 'utf8') : ''
  const actual = { stdout: printed, 'out.txt': file, both: `${printed}\n# out.txt\n${file}` }[recorded.out]
  const expected = readFileSync(onPurpose[name] === undefined ? path.join(folder, 'expected.txt') : path.join(ours, `${name}.txt`), 'utf8')
  return {
    comparison: compare(expected, actual, folder),
    log: `${ended === undefined ? 'did not end by itself\n' : ''}${running.tail()}`,
    code: ended?.code ?? null
  }
}

describe.concurrent('what Fluent Bit 5.1.1 answered', () => {
  for (const name of names) {
    const missing = notYet[name]
    const difference = onPurpose[name]
    if (missing !== undefined) {
      it.skip(`${name} [not yet: ${missing}]`, () => {})
      continue
    }
    it(difference === undefined ? name : `${name} [differs on purpose: ${difference}]`, async ({ expect }) => {
      const { comparison, log, code } = await run(name)
      results.set(name, comparison)
      const said = [...comparison.differences, ...(code === 0 ? [] : [`exit code ${code}`])].join('\n')
      expect(said, log).toBe('')
    })
  }
})

describe('the order of keys', () => {
  it('is as recorded, except where it differs on purpose', () => {
    const reordered = [...results].filter(([name, { reordered }]) => reordered.length > 0 && keyOrder[name] === undefined)
    expect(reordered.map(([name, comparison]) => `${name} ${comparison.reordered[0]}`)).toEqual([])
  })
})

describe('the lists of known differences', () => {
  it('name recorded cases only', () => {
    const listed = [notYet, onPurpose, keyOrder].flatMap((list) => Object.keys(list))
    expect(listed.filter((name) => !names.includes(name))).toEqual([])
  })

  it('go with an answer of ours that differs from the recorded one', () => {
    expect(readdirSync(ours).sort()).toEqual(Object.keys(onPurpose).map((name) => `${name}.txt`).sort())
    const text = (folder: string, file: string): string => readFileSync(path.join(folder, file), 'utf8')
    expect(Object.keys(onPurpose).filter((name) => text(ours, `${name}.txt`) === text(cases, `${name}/expected.txt`))).toEqual([])
  })
})
