/**
 * Compiles kernel/kernel.ts into src/event/kernel-code.ts. The compiler (100 MB with its back end) is no dependency: npm
 * fetches it when this runs, which is only when the kernel changes; test/packaging holds that the code is what the source says.
 *
 *     node scripts/kernel.ts [FILE]     write to FILE instead
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const COMPILER = 'assemblyscript@0.28.20'
const root = path.join(import.meta.dirname, '..')
const scratch = mkdtempSync(path.join(tmpdir(), 'fantail-kernel-'))
const binary = path.join(scratch, 'kernel.wasm')
const options = ['--outFile', binary, '--runtime', 'stub', '--enable', 'simd', '--importMemory', '--memoryBase', '16384', '-O3', '--noAssert']
const done = spawnSync('npm', ['exec', '--yes', `--package=${COMPILER}`, '--', 'asc', path.join(root, 'kernel/kernel.ts'), ...options], {
  cwd: scratch, stdio: ['ignore', 'inherit', 'inherit']
})
if (done.status !== 0) {
  console.error('kernel: the compiler failed')
  process.exit(1)
}
const lines = readFileSync(binary).toString('base64').match(/.{1,110}/g) ?? []
writeFileSync(process.argv[2] ?? path.join(root, 'src/event/kernel-code.ts'), `/** kernel/kernel.ts as WebAssembly in base64. Made by scripts/kernel.ts with ${COMPILER}; not to be edited. */
export const CODE =
${lines.map((line) => `  '${line}'`).join(' +\n')}
`)
rmSync(scratch, { recursive: true })
