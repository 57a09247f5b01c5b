import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { Token } from '../../../src/lib/kubernetes-api/token.ts'
import { tempFolder } from '../../support/temp.ts'

it('is read from its file, and again after its time or when it was refused', async () => {
  const file = path.join(tempFolder('token'), 'token')
  writeFileSync(file, 'one\n')
  const token = new Token({ file, command: undefined, ttl: 60_000 })
  const fresh = new Token({ file, command: undefined, ttl: 0 })
  expect(await token.read()).toBe('one')
  expect(await fresh.read()).toBe('one')
  writeFileSync(file, 'two')
  expect(await token.read()).toBe('one')
  expect(await fresh.read()).toBe('two')
  token.refused()
  expect(await token.read()).toBe('two')
})

it('comes from a command before the file', async () => {
  expect(await new Token({ file: '/nowhere', command: 'printf " abc\\n"', ttl: 1 }).read()).toBe('abc')
})

it('is absent without either, and its failures name the file and keep the command to themselves', async () => {
  expect(await new Token({ file: undefined, command: undefined, ttl: 1 }).read()).toBeUndefined()
  await expect(new Token({ file: '/nowhere/token', command: undefined, ttl: 1 }).read()).rejects.toThrow('/nowhere/token')
  await expect(new Token({ file: undefined, command: 'exit 3', ttl: 1 }).read()).rejects.toThrow(/^The command for the token failed with code 3\.$/)
})
