import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Section } from '../../src/config/document.ts'
import { planSections } from '../../src/config/make-plan.ts'
import { renderProblems } from '../../src/config/problem.ts'
import { planFiles, planYaml, rightPlan, told } from '../support/plan.ts'
import { tables } from '../support/tables.ts'

const good = `
service:
  flush: 0.2
  grace: -1
pipeline:
  inputs:
    - name: tail
      path: /var/log/*.log
  outputs:
    - name: stdout
`

describe('names that every object inherits', () => {
  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('%s is unknown wherever it stands', async (name) => {
    const yaml = await planYaml(`${name}: {a: 1}\npipeline:\n  ${name}: []\n  inputs: [{name: ${name}}, {name: tail, path: a, ${name}: x}]\n  outputs: [{name: stdout}]\n`)
    expect(told(yaml).slice(0, 4)).toEqual(['1:1 unknown-section', '3:3 unknown-section', '4:19 unknown-plugin', `4:${44 + name.length} unknown-option`])
    const classic = await planFiles({ 'a.conf': `[${name}]\n    a b\n[INPUT]\n    Name tail\n    Path \${${name}}\n[OUTPUT]\n    Name stdout\n` })
    expect(told(classic)).toContain('1:1 unknown-section')
    expect(told(classic)).toContain('5:10 variable-unset (warning)')
  })
})

describe('a configuration that is right', () => {
  it('has checked values, defaults filled in', async () => {
    const plan = await rightPlan(good)
    expect([plan.service.flush, plan.service.grace, plan.service.http_port]).toEqual([200, Infinity, 2020])
    expect(plan.inputs[0]?.options).toMatchObject({ path: ['/var/log/*.log'], rotate_wait: 5000, read_from_head: false })
    expect(plan.outputs[0]?.common.retry_limit).toBe(Infinity)
    expect(plan.warnings).toEqual([])
  })

  it('names instances by plugin and number, and by alias', async () => {
    const plan = await rightPlan(`
pipeline:
  inputs:
    - {name: tail, path: a}
    - {name: forward}
    - {name: TAIL, path: b, alias: second}
  outputs:
    - {name: stdout, match: '*'}
`)
    expect(plan.inputs.map(({ name, label, tag }) => [name, label, tag])).toEqual([
      ['tail.0', 'tail.0', 'tail.0'], ['forward.0', 'forward.0', 'forward.0'], ['tail.1', 'second', 'tail.1']
    ])
  })

  it('gives the only output of an only input everything', async () => {
    expect((await rightPlan(good)).outputs[0]?.match).toBe('*')
  })

  it('keeps properties in the order written, lists as repetitions', async () => {
    const plan = await rightPlan(`
pipeline:
  inputs: [{name: tail, path: a, tag: t}]
  filters:
    - name: modify
      match: '*'
      rename: a b
      add: [c d, e f]
      Rename: g h
  outputs: [{name: stdout, match: '*'}]
`)
    expect(plan.filters[0]?.given.map(({ name, value }) => `${name} ${String(value)}`)).toEqual([
      'match *', 'rename a b', 'add c d', 'add e f', 'rename g h'
    ])
    expect(plan.filters[0]?.options['rename']).toEqual([['a', 'b'], ['g', 'h']])
  })

  it('puts options with a prefix into a map', async () => {
    const plan = await rightPlan(`
pipeline:
  inputs: [{name: tail, path: a, parser_1: json, parser_firstline: json}]
  outputs: [{name: kafka, match: '*', brokers: b, rdkafka.acks: all, rdkafka.linger.ms: 5}]
`)
    expect(plan.outputs[0]?.options['rdkafka.']).toEqual(new Map([['acks', 'all'], ['linger.ms', '5']]))
    expect(plan.inputs[0]?.options['parser_']).toEqual(new Map([['1', 'json']]))
  })

  it('takes storage.type of the service only where it is inherited', async () => {
    const inputs = 'pipeline:\n  inputs: [{name: tail, path: a}]\n  outputs: [{name: stdout}]\n'
    expect((await rightPlan(`service: {storage.type: filesystem}\n${inputs}`)).inputs[0]?.storage).toBe('memory')
    expect((await rightPlan(`service: {storage.type: filesystem, storage.inherit: on}\n${inputs}`)).inputs[0]?.storage).toBe('filesystem')
  })

  it('has network options with the port of the plugin', async () => {
    const plan = await rightPlan(`
pipeline:
  inputs: [{name: tail, path: a}]
  outputs: [{name: es, match: '*', host: h, tls: on, net.io_timeout: 30s}]
`)
    expect(plan.outputs[0]?.network).toMatchObject({ host: 'h', port: 9200, tls: true, 'net.io_timeout': 30_000 })
  })

  it('never lets memory grow without a limit', async () => {
    const plan = await rightPlan(`
pipeline:
  inputs: [{name: tail, path: a, mem_buf_limit: 0}]
  outputs: [{name: stdout}]
`)
    expect(plan.inputs[0]?.common.mem_buf_limit).toBe(5_000_000)
  })
})

const wrong = `
service:
  flsh: 5
  grace: abc
servic: 1
pipeline:
  inputs:
    - name: tail
      pth: x
      parser: jsn
      docker_mode_flush: five
      read_from_head: maybe
    - name: mqtt
    - name: tial
      path: x
    - path: x
  filters:
    - name: grep
      exclude: level (x
  outputs:
    - name: stdout
      match: a
      match: b
      storage.typO: x
    - name: es
`

describe('a configuration that is wrong', () => {
  it('has all of its problems told at once, in order', async () => {
    const result = await planYaml(wrong)
    expect(result.plan).toBeUndefined()
    expect(told(result)).toEqual([
      '3:3 unknown-option',
      '4:10 wrong-value',
      '5:1 unknown-section',
      '8:7 missing-option',
      '9:7 unknown-option',
      '10:15 unknown-parser',
      '11:26 wrong-value',
      '12:23 wrong-value',
      '13:13 missing-plugin',
      '14:13 unknown-plugin',
      '16:7 plugin-unnamed',
      '18:7 no-match',
      '19:16 wrong-regex',
      '23:7 repeated-option',
      '24:7 unknown-option',
      '25:7 no-match'
    ])
  })

  it('proposes what was meant', async () => {
    const hints = (await planYaml(wrong)).problems.flatMap(({ hint }) => hint ?? [])
    expect(hints).toEqual(expect.arrayContaining([
      'Did you mean flush?', 'Did you mean service?', 'Did you mean path?', 'Did you mean json?', 'Did you mean tail?'
    ]))
  })

  it('says of a plugin that only Fluent Bit has it', async () => {
    const [problem] = (await planYaml(wrong)).problems.filter(({ code }) => code === 'missing-plugin')
    expect(problem?.message).toBe('Fluent Bit has the input plugin mqtt, Fantail does not')
  })

  it('shows the line and a caret', async () => {
    const { problems, sources } = await planYaml(wrong)
    expect(renderProblems(problems, sources)).toContain([
      ':3:3: error: unknown option flsh of service',
      '   3 |   flsh: 5',
      '     |   ^^^^',
      '  Did you mean flush?'
    ].join('\n'))
  })

  it('never has secrets shown', async () => {
    const result = await planYaml(`
pipeline:
  inputs: [{name: tail, path: a}]
  outputs:
    - name: es
      match: '*'
      http_passwd: hunter2hunter2
      htp_passwd: hunter3hunter3
      buffer_size: hunter2hunter2
`)
    const shown = renderProblems(result.problems, result.sources)
    expect(told(result)).toEqual(['8:7 unknown-option', '9:20 wrong-value'])
    expect(shown).not.toMatch(/hunter/)
  })
})

describe('what Fluent Bit tolerates', () => {
  it('is a warning when asked for, and the rest stays an error', async () => {
    expect(told(await planYaml(wrong, { tolerant: true }))).toEqual([
      '3:3 unknown-option (warning)',
      '4:10 wrong-value (warning)',
      '5:1 unknown-section (warning)',
      '8:7 missing-option',
      '9:7 unknown-option',
      '10:15 unknown-parser (warning)',
      '11:26 wrong-value (warning)',
      '12:23 wrong-value',
      '13:13 missing-plugin',
      '14:13 unknown-plugin',
      '16:7 plugin-unnamed',
      '18:7 no-match',
      '19:16 wrong-regex',
      '23:7 repeated-option (warning)',
      '24:7 unknown-option',
      '25:7 no-match (warning)'
    ])
  })

  it('leaves a plan with these warnings and without the parser that is not there', async () => {
    const { plan } = await planYaml(`
service: {flsh: 1}
pipeline:
  inputs: [{name: tail, path: a, parser: none}]
  outputs: [{name: stdout}]
`, { tolerant: true })
    expect(plan?.warnings.map(({ code }) => code)).toEqual(['unknown-option', 'unknown-parser'])
    expect(plan?.inputs[0]?.options).not.toHaveProperty('parser')
  })
})

describe('sections', () => {
  it('of an empty configuration are missed', async () => {
    expect(told(await planYaml('service:\n  flush: 1\n'))).toEqual(['1:1 no-inputs', '1:1 no-outputs'])
    expect(told(await planYaml(''))).toEqual(['1:1 no-inputs', '1:1 no-outputs'])
    expect(told(await planYaml('pipeline:\n  inputs: [{name: tail, path: a}]\n'))).toEqual(['2:12 no-outputs'])
  })

  it('that only Fluent Bit has are named as such', async () => {
    expect(told(await planYaml(`${good}stream_processor:\n  - name: x\n`))).toEqual(['12:5 unsupported-section'])
  })

  it('of plugins_file matter only when there is a library in it', async () => {
    const agent = (file: string): string => `service: {plugins_file: ${file}}\n${good.replace(/service:(\n  .*)*/, '')}`
    expect(told(await planFiles({ 'a.yaml': agent('p.conf'), 'p.conf': '[PLUGINS]\n    # Path x\n' }))).toEqual([])
    expect(told(await planFiles({ 'a.yaml': agent('p.conf'), 'p.conf': '[PLUGINS]\n    Path x.so\n' }))).toEqual(['1:11 unsupported-section'])
  })
})

describe('aliases', () => {
  it('are given once only', async () => {
    expect(told(await planYaml(`
pipeline:
  inputs: [{name: tail, path: a, alias: x}]
  outputs: [{name: stdout, match: '*', alias: x}]
`))).toEqual(['4:13 duplicate-name'])
  })
})

describe('sections of a command line', () => {
  const place = { file: 'command line', line: 1, column: 1 }
  const section = (type: string, properties: Readonly<Record<string, string>>): Section => ({
    type,
    title: type,
    place,
    entries: Object.entries(properties).map(([key, text]) => ({ key, place, value: { kind: 'scalar', text, plain: text, place } }))
  })

  it('make a plan by themselves', async () => {
    const sections = [section('input', { name: 'tail', path: 'a' }), section('output', { name: 'stdout' })]
    const { plan } = await planSections(sections, new Map([['command line', 'x']]), {}, tables)
    expect(plan?.inputs[0]?.options['path']).toEqual(['a'])
  })

  it('win over the service section of the file beside them', async () => {
    const { folder } = await planFiles({ 'a.yaml': good })
    const sections = [section('service', { flush: '7' })]
    const { plan, problems } = await planSections(sections, new Map([['command line', 'x']]), {}, tables, {}, `${folder}/a.yaml`)
    expect(problems).toEqual([])
    expect([plan?.service.flush, plan?.service.grace]).toEqual([7000, Infinity])
  })
})

describe('any text', () => {
  const yaml = fc.constantFrom(good, wrong)
  const classic = fc.constant('[SERVICE]\n    Flush 1\n@SET a=b\n[INPUT]\n    Name tail\n    Path ${a}\n[OUTPUT]\n    Name es\n    Match *\n    http_passwd x\n')
  const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(6), fc.constantFrom('', ':', ' ', '\n', '[', '{', '"', '- ', '${', '\t', 'x')), { maxLength: 4 })

  it('gives a plan or problems that can be shown, and never throws', async () => {
    await fc.assert(fc.asyncProperty(fc.oneof(yaml.map((text) => ['a.yaml', text]), classic.map((text) => ['a.conf', text])), damage, async ([name = '', text = ''], cuts) => {
      const damaged = cuts.reduce((left, [at, length, put]) => left.slice(0, at) + put + left.slice(at + length), text)
      const { plan, problems, sources } = await planFiles({ [name]: damaged })
      expect(plan === undefined).toBe(problems.some(({ level }) => level === 'error'))
      expect(renderProblems(problems, sources).length).toBeGreaterThan(problems.length - 1)
    }), { numRuns: 300 })
  })
})
