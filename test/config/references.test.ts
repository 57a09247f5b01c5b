import { describe, expect, it } from 'vitest'
import { planYaml, told } from '../support/plan.ts'

function pipeline(input: string, output = '', service = ''): string {
  return `service: {${service}}\npipeline:\n  inputs:\n    - {name: tail, path: a, ${input}}\n  outputs:\n    - {name: es, match: '*', ${output}}\n`
}

describe('references', () => {
  it('to parsers lead to stock or configured ones', async () => {
    expect(told(await planYaml(pipeline('parser: nginx')))).toEqual([])
    expect(told(await planYaml(pipeline('parser: ngnix')))).toEqual(['4:37 unknown-parser'])
    expect(told(await planYaml(pipeline('parser_1: none')))).toEqual(['4:39 unknown-parser'])
  })

  it('to multiline parsers are checked one by one', async () => {
    expect(told(await planYaml(pipeline('multiline.parser: "docker, crio"')))).toEqual(['4:47 unknown-multiline-parser'])
    expect(told(await planYaml(pipeline('multiline.parser: [docker, cri]')))).toEqual([])
  })

  it('to files are checked, unless they are another machine\'s', async () => {
    const text = pipeline('', 'tls: on, tls.ca_file: /nowhere/ca.pem')
    expect(told(await planYaml(text))).toEqual(['6:52 option-file'])
    expect(told(await planYaml(text, { elsewhere: true }))).toEqual([])
  })

  it('to folders must be writable', async () => {
    expect(told(await planYaml(pipeline('', '', 'storage.path: /proc/nowhere')))).toEqual(
      process.getuid?.() === 0 ? [] : ['1:25 option-path']
    )
    expect(told(await planYaml(pipeline('db: /dev/null/x'), { elsewhere: true }))).toEqual([])
  })

  it('in regular expressions of tags are compiled', async () => {
    expect(told(await planYaml(pipeline('', 'match_regex: "(a"')))).toEqual(['6:43 wrong-regex'])
  })
})
