import { describe, expect, it } from 'vitest'
import { loadFile } from '../../src/config/load.ts'
import { Environment } from '../../src/config/environment.ts'
import { Problems } from '../../src/config/problem.ts'
import { planFiles, shapes, told } from '../support/plan.ts'

const pipeline = 'pipeline:\n  inputs: [{name: tail, path: a}]\n  outputs: [{name: stdout}]\n'

describe('bytes that are no UTF-8', () => {
  it.each([
    ['UTF-16', Buffer.from(`\ufeff${pipeline}`, 'utf16le'), '1:1 file-unreadable'],
    ['zero bytes', Buffer.from(`${pipeline}a\0b`), '4:2 file-unreadable'],
    ['Latin-1, which Fluent Bit takes', Buffer.concat([Buffer.from(pipeline), Buffer.from('# caf\u00e9\n', 'latin1')]), '4:6 file-encoding (warning)']
  ])('are told: %s', async (_, bytes, problem) => {
    expect(told(await planFiles({ 'a.yaml': bytes }))[0]).toBe(problem)
  })
})

describe('includes', () => {
  it('are read in their places, relative to the file that names them', async () => {
    const { folder } = await planFiles({
      'a.yaml': 'includes:\n  - parts/one.yaml\nservice:\n  grace: 2\n',
      'parts/one.yaml': 'includes: [two.yaml]\nservice:\n  flush: 1\n',
      'parts/two.yaml': 'service:\n  log_level: warn\n'
    })
    const problems = new Problems()
    const { sections } = await loadFile(`${folder}/a.yaml`, new Environment({}), problems)
    expect(problems.list).toEqual([])
    expect(shapes(sections).map(([, entries]) => entries[0])).toEqual([['log_level', 'warn'], ['flush', '1'], ['grace', '2']])
  })

  it('may be globs, and of the other language', async () => {
    const result = await planFiles({
      'a.conf': '@SET dir=parts\n@INCLUDE ${dir}/*.*\n',
      'parts/b.yaml': 'pipeline:\n  inputs: [{name: tail, path: a}]\n',
      'parts/c.conf': '[OUTPUT]\n    Name stdout\n'
    })
    expect(told(result)).toEqual([])
    expect(result.plan?.outputs).toHaveLength(1)
  })

  it('that are read twice, missing or empty are told', async () => {
    expect(told(await planFiles({ 'a.yaml': `includes: [b.yaml, b.yaml]\n${pipeline}`, 'b.yaml': 'service: {flush: 1}\n' }))).toEqual(['1:20 file-twice'])
    expect(told(await planFiles({ 'a.yaml': `includes: [none.yaml]\n${pipeline}` }))).toEqual(['1:12 file-missing'])
    expect(told(await planFiles({ 'a.yaml': `includes: ['none/*.yaml']\n${pipeline}` }))).toEqual(['1:12 include-empty (warning)'])
  })

  it('that name no file are told', async () => {
    expect(told(await planFiles({ 'a.yaml': `includes: [{a: b}, .]\n${pipeline}` }))).toEqual(['1:12 yaml-shape', '1:20 file-unreadable'])
    expect(told(await planFiles({ 'a.conf': '[INPUT]\n    Name tail\n    Path a\n[OUTPUT]\n    Name stdout\n@INCLUDE\n' }))).toContain('6:9 yaml-shape')
  })

  it('of a file by itself end', async () => {
    expect(told(await planFiles({ 'a.yaml': `includes: [a.yaml]\n${pipeline}` }))).toEqual(['1:12 file-twice'])
  })
})

describe('variables', () => {
  it('may be set after their use', async () => {
    const { plan } = await planFiles({ 'a.conf': '[INPUT]\n    Name tail\n    Path ${P}\n[OUTPUT]\n    Name stdout\n@SET P=/x\n' })
    expect(plan?.inputs[0]?.options['path']).toEqual(['/x'])
  })

  it('that are not set are told', async () => {
    const result = await planFiles({ 'a.yaml': pipeline.replace('path: a', 'path: "a${NOT_SET_HERE}"') })
    expect(told(result)).toEqual(['2:31 variable-unset (warning)'])
  })
})

describe('parsers files', () => {
  const uses = (file: string): string => `service: {parsers_file: ${file}}\n${pipeline.replace('path: a', 'path: a, parser: p')}`

  it('of the images of Fluent Bit need not be there, as their parsers are built in', async () => {
    const stock = (file: string): string => `service: {parsers_file: ${file}}\n${pipeline.replace('path: a', 'path: a, parser: nginx')}`
    for (const file of ['/fluent-bit/parsers/parsers.conf', '/fluent-bit/etc/parsers.conf', '/fluent-bit/etc/parsers_java.conf']) {
      expect(told(await planFiles({ 'a.yaml': stock(file) }))).toEqual([])
    }
    expect(told(await planFiles({ 'a.yaml': stock('/fluent-bit/etc/mine.conf') }))).toEqual(['1:25 file-missing'])
  })

  it('are read, classic or YAML', async () => {
    expect(told(await planFiles({ 'a.yaml': uses('p.conf'), 'p.conf': '[PARSER]\n    Name p\n    Format json\n' }))).toEqual([])
    expect(told(await planFiles({ 'a.yaml': uses('p.yaml'), 'p.yaml': 'parsers:\n  - {name: p, format: json}\n' }))).toEqual([])
  })

  it('that are missing are told', async () => {
    expect(told(await planFiles({ 'a.yaml': uses('none.conf') }))).toEqual(['1:25 file-missing', '3:42 unknown-parser'])
  })
})

describe('the file itself', () => {
  it('is missed', async () => {
    const problems = new Problems()
    await loadFile('/nowhere/agent.yaml', new Environment({}), problems)
    expect(problems.list.map(({ code, message }) => [code, message])).toEqual([
      ['file-missing', 'cannot read /nowhere/agent.yaml: there is no such file']
    ])
  })

  it('can be a folder, which is told', async () => {
    const problems = new Problems()
    await loadFile('/', new Environment({}), problems)
    expect(problems.list.map(({ code }) => code)).toEqual(['file-unreadable'])
  })
})
