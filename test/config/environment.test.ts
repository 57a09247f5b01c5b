import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Environment, readSecret } from '../../src/config/environment.ts'
import { Problems } from '../../src/config/problem.ts'
import { readYaml } from '../../src/config/yaml.ts'
import { tempFolder } from '../support/temp.ts'

function define(text: string, process: Readonly<Record<string, string>> = {}): { environment: Environment; problems: Problems } {
  const problems = new Problems()
  const environment = new Environment(process)
  for (const section of readYaml(text, 'a.yaml', problems)) environment.define(section, problems)
  return { environment, problems }
}

describe('expand', () => {
  const environment = new Environment({ A: 'x', EMPTY: '' })

  it.each([
    ['${A}', 'x'],
    ['-${A}-${A}-', '-x-x-'],
    ['${NONE:-d}', 'd'],
    ['${EMPTY:-d}', 'd'],
    ['${EMPTY}', ''],
    ['${A:-d}', 'x'],
    ['$A {A} ${A', '$A {A} ${A']
  ])('%s is %j', (text, expected) => {
    expect(environment.expand(text, (name) => { throw new Error(name) })).toBe(expected)
  })

  it('tells which names are not set', () => {
    const names: string[] = []
    expect(environment.expand('a${NONE}b', (name) => void names.push(name))).toBe('ab')
    expect(names).toEqual(['NONE'])
  })

  it('knows the host name', () => {
    expect(new Environment({ HOSTNAME: 'node-7' }).expand('${HOSTNAME}', () => {})).toBe('node-7')
    expect(new Environment({}).get('HOSTNAME')).not.toBe('')
  })
})

describe('define', () => {
  it('wins over the process, and may use what was set before', () => {
    const { environment } = define('env:\n  A: own\n  B: ${A}-${C}\n', { A: 'process', C: 'c' })
    expect([environment.get('A'), environment.get('B')]).toEqual(['own', 'own-c'])
  })

  it('reads files, with a refresh interval where one is given, and keeps what they hold secret', () => {
    const file = path.join(tempFolder('env'), 'token')
    writeFileSync(file, 'hunter2\n')
    const url = pathToFileURL(file).href
    const { environment } = define(`env:\n  - name: T\n    uri: ${url}\n    refresh_interval: 30s\n  - name: U\n    value: ${url}\n`)
    expect([environment.get('T'), environment.get('U')]).toEqual(['hunter2', 'hunter2'])
    expect(environment.files).toEqual([{ path: file, text: 'hunter2', refreshInterval: 30_000 }])
    expect([...environment.secrets]).toEqual(['hunter2'])
  })

  it('tells of a file that is missing', () => {
    const { problems } = define('env:\n  T: file:///nowhere/token\n')
    expect(problems.list.map(({ code, place }) => `${place?.line} ${code}`)).toEqual(['2 secret-file'])
  })
})

describe('substitute', () => {
  it('replaces in values of every depth and keeps what was written', () => {
    const problems = new Problems()
    const [section] = readYaml('service:\n  a: ["${A}", {b: "${A}"}]\n', 'a.yaml', problems)
    const done = section === undefined ? undefined : new Environment({ A: '1' }).substitute(section, problems)
    expect(JSON.stringify(done).match(/"written":"\$\{A\}"/g)).toHaveLength(2)
    expect(JSON.stringify(done).match(/"text":"1","plain":"1"/g)).toHaveLength(2)
  })
})

describe('readSecret', () => {
  it('gives a reason when there is nothing to read', () => {
    expect(readSecret('file:///nowhere')).toHaveProperty('reason')
  })
})
