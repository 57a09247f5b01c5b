import { describe, expect, it } from 'vitest'
import { planFiles, planYaml, rightPlan, told } from '../support/plan.ts'

const pipeline = 'pipeline:\n  inputs: [{name: tail, path: a}]\n  outputs: [{name: stdout}]\n'

describe('parsers', () => {
  it('have their options checked and in order', async () => {
    const plan = await rightPlan(`
parsers:
  - name: p
    format: REGEX
    regex: ^(?<time>\\S+) (?<log>.*)$
    time_format: '%s'
    types: a:integer b:float
    decode_field_as: [json log, escaped log do_next]
${pipeline}`)
    expect(plan.parsers[0]?.options).toMatchObject({
      name: 'p', format: 'regex', time_key: 'time', skip_empty_values: true, decode_field_as: [['json', 'log'], ['escaped', 'log', 'do_next']]
    })
  })

  it.each([
    ['without a regex', '{name: p, format: regex}', ['2:5 missing-option']],
    ['without a format', '{name: p}', ['2:5 missing-option']],
    ['of an unknown format', '{name: p, format: xml}', ['2:23 wrong-value']],
    ['with a regex that is none', '{name: p, format: regex, regex: "(a"}', ['2:37 wrong-regex']],
    ['with two zones', '{name: p, format: json, time_zone: Europe/Berlin, time_offset: "+0200"}', ['2:5 exclusive-options']]
  ])('are refused %s', async (_, parser, problems) => {
    expect(told(await planYaml(`parsers:\n  - ${parser}\n${pipeline}`))).toEqual(problems)
  })

  it('of one name are refused, or the first one holds', async () => {
    const text = `parsers:\n  - {name: p, format: json}\n  - {name: p, format: ltsv}\n${pipeline}`
    expect(told(await planYaml(text))).toEqual(['3:5 duplicate-name'])
    expect((await planYaml(text, { tolerant: true })).plan?.parsers.map(({ options }) => options.format)).toEqual(['json'])
  })
})

describe('multiline parsers', () => {
  it('have rules from YAML', async () => {
    const plan = await rightPlan(`
multiline_parsers:
  - name: m
    type: regex
    flush_timeout: 1000
    rules:
      - {state: start_state, regex: '/^\\d/', next_state: cont}
      - {state: 'cont, other', regex: '/^\\s/', next_state: cont}
${pipeline}`)
    expect(plan.multilineParsers[0]?.rules.map(({ states, regex, next }) => [states, regex, next])).toEqual([
      [['start_state'], '/^\\d/', 'cont'], [['cont', 'other'], '/^\\s/', 'cont']
    ])
    expect(plan.multilineParsers[0]?.options.flush_timeout).toBe(1000)
  })

  it('have rules from the classic format', async () => {
    const { plan } = await planFiles({
      'a.conf': '[INPUT]\n    Name tail\n    Path a\n    multiline.parser m\n[OUTPUT]\n    Name stdout\n[SERVICE]\n    Parsers_File p.conf\n',
      'p.conf': '[MULTILINE_PARSER]\n    name m\n    type regex\n    rule "start_state" "/(a b) \\d/" "cont"\n    rule "cont" "/^\\s+at/" "cont"\n'
    })
    expect(plan?.multilineParsers[0]?.rules.map(({ states, regex, next }) => [states, regex, next])).toEqual([
      [['start_state'], '/(a b) \\d/', 'cont'], [['cont'], '/^\\s+at/', 'cont']
    ])
  })

  it.each([
    ['without a start', '{name: m, rules: [{state: x, regex: a, next_state: x}]}', ['2:5 missing-option']],
    ['with a state that leads nowhere', '{name: m, rules: [{state: start_state, regex: a, next_state: y}]}', ['2:51 invalid-option']],
    ['with an unknown key in a rule', '{name: m, rules: [{state: start_state, regx: a, regex: a, next_state: start_state}]}', ['2:44 unknown-option']],
    ['without a text to match', '{name: m, type: endswith}', ['2:5 missing-option']],
    ['with a parser that is not there', '{name: m, type: eq, match_string: F, parser: none}', ['2:50 unknown-parser']]
  ])('are refused %s', async (_, parser, problems) => {
    expect(told(await planYaml(`multiline_parsers:\n  - ${parser}\n${pipeline}`))).toEqual(problems)
  })
})
