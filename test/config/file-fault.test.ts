import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { fileFault } from '../../src/config/file-fault.ts'

it.each([
  ['/', 'it is a folder'],
  ['/nothing/here', 'there is no such file'],
  ['/dev/null/x', 'a part of its path is no folder'],
  [`/${'x'.repeat(300)}`, 'its name is too long']
])('says why %s cannot be read', (path, reason) => {
  let fault = ''
  try {
    readFileSync(path)
  } catch (error) {
    fault = fileFault(error)
  }
  expect(fault).toBe(reason)
})

it('passes on what it has no words for', () => {
  expect([fileFault(new Error('odd')), fileFault('odd')]).toEqual(['odd', 'odd'])
})
