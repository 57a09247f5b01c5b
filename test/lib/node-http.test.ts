import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

test('has the module without loading undici', () => {
  const script = `const { http } = await import(${JSON.stringify(new URL('../../src/lib/node-http.ts', import.meta.url).href)})
    if (typeof http.createServer !== 'function') throw new Error('no http')
    console.log(process.moduleLoadList.filter((name) => name.includes('undici')).length)`
  expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).trim()).toBe('0')
})
