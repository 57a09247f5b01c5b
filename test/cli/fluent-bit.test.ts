import { describe, expect, it } from 'vitest'
import { fluentBitFlags, parseFluentBit } from '../../src/cli/fluent-bit.ts'
import { shapes } from '../support/plan.ts'

function sections(line: string): unknown {
  return shapes(parseFluentBit(line.split(' ')).sections)
}

describe('parseFluentBit', () => {
  it('reads a pipeline written out', () => {
    expect(sections('-i tail -p path=/a=b -t app -F grep -m * -p regex=x -o es -p host=h -f 0.5')).toEqual([
      ['service', [['flush', '0.5']]],
      ['input', [['name', 'tail'], ['path', '/a=b'], ['tag', 'app']]],
      ['filter', [['name', 'grep'], ['match', '*'], ['regex', 'x']]],
      ['output', [['name', 'es'], ['host', 'h']]]
    ])
  })

  it('reads values joined to their flags', () => {
    expect(sections('-itail --prop=path=x --output=stdout -f1')).toEqual([
      ['service', [['flush', '1']]],
      ['input', [['name', 'tail'], ['path', 'x']]],
      ['output', [['name', 'stdout']]]
    ])
  })

  it('reads destinations written as addresses', () => {
    expect(sections('-i forward://0.0.0.0:24224 -o es://h:9201/logs/_doc -o http://h:80/in')).toEqual([
      ['input', [['name', 'forward'], ['listen', '0.0.0.0'], ['port', '24224']]],
      ['output', [['name', 'es'], ['host', 'h'], ['port', '9201'], ['index', 'logs'], ['type', '_doc']]],
      ['output', [['name', 'http'], ['host', 'h'], ['port', '80'], ['uri', '/in']]]
    ])
  })

  it('reads settings of the agent', () => {
    expect(sections('-R a.conf -R b.conf -l log -b /state -H -P 2021 -vv')).toEqual([['service', [
      ['parsers_file', 'a.conf'], ['parsers_file', 'b.conf'], ['log_file', 'log'], ['storage.path', '/state'],
      ['http_server', 'on'], ['http_port', '2021'], ['log_level', 'trace']
    ]]])
    expect(sections('-v')).toEqual([['service', [['log_level', 'debug']]]])
    expect(sections('-q')).toEqual([['service', [['log_level', 'off']]]])
  })

  it('takes -s with a path as the storage path and with a number as nothing', () => {
    expect(sections('-s /state')).toEqual([['service', [['storage.path', '/state']]]])
    expect(sections('-s 24576')).toEqual([])
  })

  it('knows what is asked for', () => {
    expect(parseFluentBit(['-c', 'f', '-w', '/x', '-D'])).toMatchObject({ config: 'f', workdir: '/x', action: 'dry-run' })
    expect(parseFluentBit(['-i', 'tail', '-h'])).toMatchObject({ action: 'help', plugin: { kind: 'input', name: 'tail' } })
    expect(parseFluentBit(['--version']).action).toBe('version')
  })

  it('gives places that point into the line', () => {
    const { sections: [input], text } = parseFluentBit(['-i', 'tail', '-p', 'path=/x'])
    const value = input?.entries[1]?.value
    expect(text.slice((value?.place.column ?? 0) - 1)).toBe('/x')
  })

  it.each([
    ['-p a=b', '-p must follow -i, -F or -o'],
    ['-t x', '-t must follow'],
    ['-i', '-i needs a value'],
    ['-i tail -p path', '-p needs a value'],
    ['--conifg=x', 'unknown option --conifg (did you mean --config?)'],
    ['-X', 'unknown option -X'],
    ['-c f extra', 'unknown option extra'],
    ['-e lib.so', 'Fluent Bit has -e, Fantail does not: shared libraries cannot be loaded']
  ])('refuses %s', (line, sentence) => {
    expect(() => parseFluentBit(line.split(' '))).toThrow(sentence)
  })
})

describe('the flags', () => {
  it('have letters and names of their own', () => {
    for (const key of ['short', 'long'] as const) {
      expect(new Set(fluentBitFlags.map((flag) => flag[key])).size).toBe(fluentBitFlags.length)
    }
  })

  it('that are a service option name it', () => {
    expect(fluentBitFlags.filter(({ meaning, option }) => meaning === 'service' && option === undefined)).toEqual([])
  })
})
