import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { testIo } from '../support/io.ts'
import { tempFolder } from '../support/temp.ts'

function configuration(text: string): string {
  const file = path.join(tempFolder('validate'), 'agent.yaml')
  writeFileSync(file, text)
  return file
}

const good = 'pipeline:\n  inputs:\n    - {name: tail, path: /nowhere/*.log}\n  outputs:\n    - {name: stdout}\n'

describe('fantail validate', () => {
  it('says that a configuration is right', async () => {
    const io = testIo()
    const file = configuration(good)
    expect(await main(['validate', '-c', file], io)).toBe(0)
    expect(io.written).toEqual({ out: `${file} is right: 1 input, 0 filters, 1 output.\n`, err: '' })
  })

  it('tells every problem with file, line and column, and fails', async () => {
    const io = testIo()
    const file = configuration(good.replace('path:', 'pth:').replace('stdout', 'stdot'))
    expect(await main(['validate', file], io)).toBe(1)
    expect(io.written.err).toContain(`${file}:3:7: error: the input tail needs the option path`)
    expect(io.written.err).toContain(`${file}:3:20: error: unknown option pth of the input tail`)
    expect(io.written.err).toContain(`${file}:5:14: error: unknown output plugin stdot`)
    expect(io.written.err).toContain('Did you mean stdout?')
  })

  it('tells all that plugins refuse at their start, each at the place of its option', async () => {
    const io = testIo()
    const file = configuration(`pipeline:
  inputs:
    - name: tail
      path: /nowhere/*.log
      parser: json
      multiline.parser: cri
  filters:
    - name: nest
      match: '*'
      operation: nest
  outputs:
    - name: http
      match: '*'
      oauth2.enable: on
    - name: cloudwatch_logs
      match: '*'
      region: eu-central-1
      log_group_name: g
      log_stream_name: s
      log_stream_prefix: p
    - {name: cloudwatch_logs, match: '*', region: eu-central-1, log_group_name: g, log_stream_name: s, log_retention_days: 15}
    - {name: es, match: '*', write_operation: update}
    - {name: kafka, match: '*', brokers: a, topics: 'a b'}
`)
    expect(await main(['validate', '-c', file], io)).toBe(1)
    expect(io.written.err.split('\n').filter((line) => line.startsWith(file)).map((line) => line.slice(file.length))).toEqual([
      ':5:15: error: tail.0: multiline.parser and parser exclude each other',
      ':10:18: error: nest.0: `operation nest` needs `nest_under`.',
      ':14:22: error: http.0: oauth2.enable needs oauth2.token_url',
      ':20:26: error: cloudwatch_logs.0: log_stream_name and log_stream_prefix exclude each other',
      expect.stringMatching(/^:21:124: error: cloudwatch_logs\.1: the service takes 1, 3, .* days, not 15$/),
      expect.stringMatching(/^:22:47: error: es\.0: write_operation update needs id_key or generate_id/),
      expect.stringMatching(/^:23:53: error: kafka\.0: a b cannot be the name of a topic/)
    ])
  })

  it('leaves out what only this machine lacks when the configuration is for another', async () => {
    const file = configuration(`pipeline:
  inputs: [{name: dummy}]
  outputs: [{name: loki, match: '*', label_map_path: /nowhere/map.json}, {name: es, match: '*', aws_auth: on}]
`)
    const [here, there] = [testIo(), testIo()]
    expect(await main(['validate', '-c', file], here)).toBe(1)
    expect(here.written.err).toContain(`${file}:3:54: error: loki.0: cannot read /nowhere/map.json`)
    expect(here.written.err).toContain(`${file}:3:74: error: es.0: aws_auth needs the region`)
    expect(await main(['validate', '-c', file, '--elsewhere'], there)).toBe(0)
  })

  it('explains what would be lost elsewhere', async () => {
    const io = testIo()
    expect(await main(['validate', '-c', configuration(good), '--explain'], io)).toBe(0)
    expect(io.written.out).toContain('stdout.0 has no retry_limit')
  })

  it('wants a configuration', async () => {
    const io = testIo()
    expect(await main(['validate'], io)).toBe(1)
    expect(io.written.err).toBe('fantail: validate needs a configuration: -c FILE\n')
  })
})
