import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandOf, parseCommand } from '../../src/cli/options.ts'
import { stateOf } from '../../src/cli/state.ts'
import { testIo } from '../support/io.ts'
import { tempFolder } from '../support/temp.ts'

const state = async (argv: readonly string[], env = {}): ReturnType<typeof stateOf> => {
  return await stateOf(parseCommand(commandOf('ledger')!, argv), testIo(env))
}

describe('stateOf', () => {
  it('takes the state directory, or the folder it lies in', async () => {
    const folder = tempFolder('state')
    expect((await state(['-s', folder])).directory).toBe(folder)
    mkdirSync(path.join(folder, 'fantail'))
    expect(await state(['-s', folder])).toEqual({
      directory: path.join(folder, 'fantail'), deadLetters: path.join(folder, 'fantail', 'dlq')
    })
  })

  it('reads it from a configuration', async () => {
    const folder = tempFolder('state')
    const file = path.join(folder, 'a.yaml')
    writeFileSync(file, `service: {storage.path: ${folder}/buffer, storage.rejected.path: /letters}\npipeline: {inputs: [{name: tail, path: x}], outputs: [{name: stdout}]}\n`)
    expect(await state(['-c', file])).toEqual({ directory: `${folder}/buffer/fantail`, deadLetters: '/letters' })
  })

  it('is the default place otherwise', async () => {
    expect((await state([], { FANTAIL_STATE_DIR: '/x' })).directory).toBe('/x')
  })
})
