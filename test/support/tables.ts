/** Small plugin tables for tests of the configuration: declarations without behaviour. */

import type { Tables } from '../../src/config/tables.ts'
import { defineFilter } from '../../src/plugin/filter.ts'
import { defineInput } from '../../src/plugin/input.ts'
import { defineOutput } from '../../src/plugin/output.ts'

function never(): never {
  throw new Error('a test of the configuration makes no plugins')
}

const tail = defineInput({
  name: 'tail',
  summary: 'Follows files.',
  options: {
    path: { kind: 'list', required: true, doc: 'Files.', example: '/var/log/*.log' },
    parser: { kind: 'string', doc: 'Parser.', example: 'json' },
    'multiline.parser': { kind: 'list', multiple: true, doc: 'Joins lines.', example: 'docker, cri' },
    parser_: { kind: 'string', prefix: true, doc: 'Further parsers.' },
    parser_firstline: { kind: 'string', doc: 'First line.', example: 'json' },
    read_from_head: { kind: 'boolean', default: false, doc: 'From the start.', example: 'on' },
    refresh_interval: { kind: 'duration', default: 60_000, doc: 'Scan.', example: '10' },
    rotate_wait: { kind: 'duration', default: 5000, doc: 'Rotated files.', example: '30' },
    buffer_max_size: { kind: 'size', default: 32_768, doc: 'Longest line.', example: '64K' },
    docker_mode_flush: { kind: 'integer', default: 4, min: 0, doc: 'Wait.', example: '5' },
    skip_long_lines: { kind: 'boolean', default: false, doc: 'Skip.', example: 'on' },
    exit_on_eof: { kind: 'boolean', default: false, doc: 'End.', example: 'on' },
    db: { kind: 'string', doc: 'Positions.', example: '/var/lib/tail.db' }
  },
  create: never
})

const forward = defineInput({ name: 'forward', summary: 'Receives.', options: {}, create: never })

const grep = defineFilter({
  name: 'grep',
  summary: 'Keeps or drops.',
  options: {
    regex: { kind: 'words', count: 2, multiple: true, doc: 'Keep.', example: 'log .' },
    exclude: { kind: 'words', count: 2, multiple: true, doc: 'Drop.', example: 'level debug' }
  },
  create: never
})

const modify = defineFilter({
  name: 'modify',
  summary: 'Changes.',
  options: {
    add: { kind: 'words', count: 2, multiple: true, doc: 'Add.', example: 'a b' },
    rename: { kind: 'words', count: 2, multiple: true, doc: 'Rename.', example: 'a b' }
  },
  create: never
})

const stdout = defineOutput({
  name: 'stdout',
  summary: 'Prints.',
  options: {
    format: { kind: 'choice', values: ['msgpack', 'json', 'json_lines'], default: 'msgpack', doc: 'Format.', example: 'json' }
  },
  limits: never,
  create: never
})

const es = defineOutput({
  name: 'es',
  summary: 'Sends.',
  options: {
    index: { kind: 'string', default: 'fluent-bit', doc: 'Index.', example: 'logs' },
    http_user: { kind: 'string', doc: 'User.', example: 'elastic' },
    upstream: { kind: 'string', doc: 'Nodes.', example: 'nodes.conf' },
    http_passwd: { kind: 'string', secret: true, doc: 'Password.', example: 'secret' },
    buffer_size: { kind: 'size', default: 512_000, unlimited: ['false'], doc: 'Answer.', example: '1M' }
  },
  network: { port: 9200, nodes: ['http_user', 'http_passwd'] },
  limits: never,
  create: never
})

const kafka = defineOutput({
  name: 'kafka',
  summary: 'Sends.',
  options: {
    brokers: { kind: 'list', required: true, doc: 'Brokers.', example: 'kafka:9092' },
    'rdkafka.': { kind: 'string', prefix: true, doc: 'Options of the client.' }
  },
  limits: never,
  create: never
})

const content_modifier = defineFilter({
  name: 'content_modifier',
  summary: 'Changes one key.',
  options: {
    action: { kind: 'choice', values: ['insert', 'hash', 'extract'], required: true, doc: 'What.', example: 'hash' },
    key: { kind: 'string', doc: 'Key.', example: 'user' },
    value: { kind: 'string', doc: 'Value.', example: 'x' },
    pattern: { kind: 'string', doc: 'Pattern.', example: '.' }
  },
  create: never
})

export const tables: Tables = {
  inputs: { tail, forward },
  filters: { grep, modify },
  outputs: { stdout, es, kafka },
  processors: { content_modifier },
  stockParsers: ['json', 'docker', 'cri', 'nginx'],
  stockMultilineParsers: ['docker', 'cri', 'java'],
  regexFault: (regex) => {
    try {
      new RegExp(regex.replace(/^\/(.*)\/[a-z]*$/, '$1'))
      return undefined
    } catch (error) {
      return String(error)
    }
  }
}
