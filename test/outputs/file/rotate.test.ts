import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { moveAway, tidy } from '../../../src/outputs/file/rotate.ts'
import { tempFolder } from '../../support/temp.ts'

test('keeps the newest, compressed, and nothing of other files', async () => {
  const folder = tempFolder('rotate')
  const path = join(folder, 'a.log')
  for (const name of ['a.log.20251122_000000_000.gz', 'a.log.20261122_095959_999', 'a.log.old', 'a.log2.20251122_000000_000']) {
    writeFileSync(join(folder, name), '')
  }
  writeFileSync(path, 'text')
  const moved = await moveAway(path, 1_795_341_600_123)
  await tidy(path, moved, true, 2)
  expect(readdirSync(folder).sort()).toEqual([
    'a.log.20261122_095959_999', 'a.log.20261122_100000_123.gz', 'a.log.old', 'a.log2.20251122_000000_000'
  ])
  expect(gunzipSync(readFileSync(moved + '.gz')).toString()).toBe('text')
})
