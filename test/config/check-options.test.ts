import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkOptions, isSecretName, type Checking } from '../../src/config/check-options.ts'
import type { Fields } from '../../src/config/fields.ts'
import { Problems } from '../../src/config/problem.ts'
import { readYaml } from '../../src/config/yaml.ts'
import { tempFolder } from '../support/temp.ts'

const fields = {
  path: { kind: 'list', doc: '' },
  size: { kind: 'size', default: 5, doc: '', aliases: ['bytes'] },
  level: { kind: 'choice', values: ['info', 'warn'], doc: '' },
  token: { kind: 'string', secret: true, doc: '' },
  old: { kind: 'string', deprecated: 'write size', doc: '' },
  shape: { kind: 'any', doc: '' }
} as const satisfies Fields

function check(text: string, tolerant = false): { options: Record<string, unknown>; codes: string[]; checking: Checking } {
  const problems = new Problems()
  const entries = readYaml(`service:\n${text.replace(/^/gm, '  ')}`, 'a.yaml', problems)[0]?.entries ?? []
  const checking: Checking = { problems, tolerant, hidden: [] }
  const owner = { title: 'it', place: { file: 'a.yaml', line: 1, column: 1 } }
  const { options } = checkOptions(entries, [fields], owner, checking)
  return { options: options[0] ?? {}, codes: problems.list.map(({ code, level }) => `${level} ${code}`), checking }
}

describe('checkOptions', () => {
  it('takes lists as commas or as YAML lists', () => {
    expect(check('path: a, b').options['path']).toEqual(['a', 'b'])
    expect(check('path: [a, "b, c"]').options['path']).toEqual(['a', 'b', 'c'])
  })

  it('takes other spellings of a name', () => {
    expect(check('Bytes: 1K').options['size']).toBe(1000)
  })

  it('takes structures as they stand', () => {
    expect(check('shape: {a: [1, x]}').options['shape']).toEqual({ a: [1, 'x'] })
  })

  it('refuses a structure where a text belongs', () => {
    expect(check('level: {a: b}').codes).toEqual(['error wrong-type'])
  })

  it('refuses a repetition of what may stand once', () => {
    expect(check('size: 1\nsize: 2').codes).toEqual(['error repeated-option'])
    expect(check('size: [1, 2]').codes).toEqual(['error repeated-option'])
  })

  it('warns of what is deprecated', () => {
    expect(check('old: x').codes).toEqual(['warning deprecated-option'])
  })

  it('reads secrets from files', () => {
    const file = path.join(tempFolder('secret'), 'token')
    writeFileSync(file, 'hunter2\n')
    expect(check(`token: file://${file}`).options['token']).toBe('hunter2')
    expect(check('token: file:///nowhere').codes).toEqual(['error secret-file'])
  })

  it('remembers what must not be shown', () => {
    expect(check('token: a\npasswrd: b').checking.hidden.map(({ text }) => text)).toEqual(['a', 'b'])
  })

  it('takes a wrong value as not set where Fluent Bit goes on', () => {
    const { options, codes } = check('size: much', true)
    expect([options['size'], codes]).toEqual([5, ['warning wrong-value']])
    expect(check('size: much').codes).toEqual(['error wrong-value'])
    expect(check('level: loud', true).codes).toEqual(['error wrong-value'])
  })
})

describe('a value from a variable that is not set', () => {
  const place = { file: 'a.yaml', line: 1, column: 1 }
  const unset = { kind: 'scalar', text: '', plain: '', written: '${NONE}', place } as const
  const run = (name: string, tolerant: boolean): [unknown, string[]] => {
    const problems = new Problems()
    const wanted = { ...fields, name: { kind: 'string', required: true, doc: '' } } as const
    const checking = { problems, tolerant, hidden: [] }
    const { options } = checkOptions([{ key: name, place, value: unset }], [wanted], { title: 'it', place, skip: name === 'name' ? [] : ['name'] }, checking)
    return [options[0]?.[name], problems.list.map(({ code }) => code).filter((code) => name === 'name' || code !== 'missing-option')]
  }

  it('counts as not given', () => {
    expect(run('old', false)[0]).toBeUndefined()
    expect(run('size', true)).toEqual([5, []])
  })

  it('is refused where a strict check expects something', () => {
    expect(run('size', false)[1]).toEqual(['wrong-value'])
  })

  it('is missed where it is required', () => {
    expect(run('name', true)[1]).toEqual(['missing-option'])
  })
})

describe('isSecretName', () => {
  it('knows secrets from files and addresses of secrets', () => {
    expect(['http_passwd', 'shared_key', 'bearer_token', 'cloud_auth', 'rdkafka.ssl.key.pem'].map(isSecretName)).toEqual([true, true, true, true, true])
    expect(['kube_token_file', 'oauth2.token_url', 'path'].map(isSecretName)).toEqual([false, false, false])
  })
})
