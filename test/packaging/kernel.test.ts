/** src/event/kernel-code.ts is what the compiler makes of kernel/kernel.ts: nobody has to trust a binary. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'

const root = path.join(import.meta.dirname, '../..')

it('the committed code of the kernel is what its source compiles to', () => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'fantail-kernel-'))
  const made = path.join(scratch, 'code.ts')
  const { status, stderr } = spawnSync(process.execPath, [path.join(root, 'scripts/kernel.ts'), made], { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  expect(readFileSync(made, 'utf8')).toBe(readFileSync(path.join(root, 'src/event/kernel-code.ts'), 'utf8'))
  rmSync(scratch, { recursive: true })
}, 180_000)
