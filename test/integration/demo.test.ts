import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'

const demo = path.join(import.meta.dirname, '../../scripts/demo/demo.ts')

interface Shown {
  readonly log?: string
  readonly msg?: string
  readonly items?: readonly unknown[]
  readonly kubernetes: { readonly pod_name: string, readonly namespace_name: string, readonly labels: Readonly<Record<string, string>> }
}

describe('npm run demo', () => {
  it('ships rotating container logs with metadata, parts joined, and ends with an account that balances', async () => {
    const child = spawn(process.execPath, [demo, '--seconds', '12'], { stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = once(child, 'exit')
    const [out, said] = await Promise.all([text(child.stdout), text(child.stderr)])
    await ended
    const records = out.trim().split('\n').map((line) => JSON.parse(line) as Shown)
    expect(child.exitCode, said).toBe(0)
    expect(new Set(records.map(({ kubernetes }) => `${kubernetes.namespace_name}/${kubernetes.labels['app']}`)))
      .toEqual(new Set(['shop/web', 'shop/orders', 'data/postgres']))
    // Orders with 30 items are longer than the runtime's parts: joined and merged, or there would be none.
    expect(records.filter(({ items }) => items?.length === 30).length).toBeGreaterThan(5)
    expect(said).toMatch(/metrics at http:\/\/127\.0\.0\.1:\d+\/metrics/)
    const [, lines, rotations, inFile] = /(\d+) lines written by 4 containers, (\d+) rotations; (\d+) records in the file/.exec(said) ?? []
    expect(Number(rotations)).toBeGreaterThan(0)
    expect(Number(inFile)).toBe(records.length)
    expect(said).toContain(`read ${lines},`)
    expect(existsSync(/a node's logs in (\S+)\/var/.exec(said)?.[1] ?? '/')).toBe(false)
  })
})
