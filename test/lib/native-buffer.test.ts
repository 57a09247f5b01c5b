import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const lib = join(import.meta.dirname, '../../src/lib/native-buffer.ts')

/** What V8 says of the code it throws away when a second native buffer, or the first one, is made beside a hot loop. */
function thrownAway(first: string): string {
  const script = `
    import fs from 'node:fs'
    import { makeNativeBuffer } from ${JSON.stringify(lib)}
    ${first}
    const bytes = new Uint8Array(64)
    function fill(value) { for (let i = 0; i < 64; i++) bytes[i] = value }
    for (let i = 0; i < 1e5; i++) fill(i & 255)
    makeNativeBuffer()
    fill(1)`
  return execFileSync(process.execPath, ['--trace-deopt', '--no-concurrent-recompilation', '--input-type=module', '-e', script], { encoding: 'utf8' })
    .split('\n').filter((line) => line.includes('marking dependent code') && line.includes(' fill>')).join('\n')
}

it('is Node\'s own making, and costs optimised code when it is the first one only', () => {
  expect(thrownAway('')).toContain('dependent prototype chain changed')
  expect(thrownAway('makeNativeBuffer()')).toBe('')
})
