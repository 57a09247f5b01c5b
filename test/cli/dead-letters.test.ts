import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { testIo } from '../support/io.ts'
import { tempFolder } from '../support/temp.ts'

async function say(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const io = testIo()
  return { code: await main(['dlq', ...argv], io), ...io.written }
}

const letter = '{"time":"2026-01-02T03:04:05.000000000Z","tag":"app","output":"es.0","reason":"mapping","attempts":1,' +
  '"stream":{"uid":"u","generation":0,"start":0,"end":9,"ordinal":0,"path":"/x"},"record":{"a":1}}'

function withLetter(): string {
  const state = tempFolder('letters')
  mkdirSync(path.join(state, 'dlq/es.0'), { recursive: true })
  writeFileSync(path.join(state, 'dlq/es.0/1.jsonl'), `${letter}\n`)
  return state
}

describe('fantail dlq', () => {
  it('lists outputs with dead letters', async () => {
    expect((await say('ls', '-s', withLetter())).out).toBe(`  es.0  1 files, ${letter.length + 1} bytes\n`)
    expect((await say('ls', '-s', tempFolder('letters'))).out).toContain('No dead letters')
  })

  it('shows records with their reasons', async () => {
    const { out } = await say('show', 'es.0', '-s', withLetter())
    expect(JSON.parse(out)).toMatchObject({ reason: 'mapping', record: { a: 1 }, stream: { path: '/x' } })
  })

  it('asks for them to be sent again, once', async () => {
    const state = withLetter()
    expect((await say('replay', 'es.0', '-s', state)).out).toContain('1 files of dead letters of es.0 will be sent again')
    expect(readdirSync(path.join(state, 'dlq/es.0')).toSorted()).toEqual(['1.jsonl', '1.replay'])
    expect((await say('replay', 'es.0', '-s', state)).out).toContain('already')
  })

  it('says that an output has none', async () => {
    expect(await say('show', 'es.9', '-s', withLetter())).toMatchObject({ code: 1, err: 'fantail: there are no dead letters of es.9\n' })
    expect((await say('show', '-s', withLetter())).err).toContain('dlq show needs an output')
  })
})
