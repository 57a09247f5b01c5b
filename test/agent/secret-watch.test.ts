import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { SecretWatch } from '../../src/agent/secret-watch.ts'
import { tempFolder } from '../support/temp.ts'
import { eventually, sleep } from '../support/wait.ts'

it('calls when a file holds something else, not while it is empty, and bears one that is gone', async () => {
  const path = join(tempFolder('secret'), 'token')
  writeFileSync(path, 'old\n')
  let changed = 0
  const warnings: string[] = []
  const said = (message: string): void => void warnings.push(message)
  const watch = new SecretWatch([{ path, text: 'old', refreshInterval: 10 }], { error: said, warn: said, info: said, debug: said }, () => changed++)
  onTestFinished(() => watch.close())
  await sleep(50)
  rmSync(path)
  await eventually('a warning', () => warnings.length > 0)
  writeFileSync(path, '')
  await sleep(50)
  expect(changed).toBe(0)
  writeFileSync(path, 'new\n')
  await eventually('the change', () => changed > 0)
  watch.close()
  await sleep(20)
  const before = changed
  await sleep(60)
  expect(changed).toBe(before)
})
