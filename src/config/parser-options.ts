/** The keys of parser and multiline parser definitions, as in Fluent Bit 5.1 (flb_parser.c, multiline/flb_ml_parser.c). */

import type { Fields } from './fields.ts'

export const parserOptions = {
  name: { kind: 'string', required: true, doc: 'Name that inputs and filters ask for.', example: 'app' },
  format: {
    kind: 'choice',
    values: ['json', 'regex', 'ltsv', 'logfmt'],
    required: true,
    doc: 'What the text is.',
    example: 'json'
  },
  regex: {
    kind: 'string',
    doc: 'Regular expression with named groups (format regex), Ruby syntax, between slashes or bare.',
    example: '^(?<host>\\S+) (?<message>.*)$'
  },
  skip_empty_values: { kind: 'boolean', default: true, doc: 'Leave out groups that matched nothing (format regex).', example: 'off' },
  time_key: { kind: 'string', default: 'time', doc: 'Key of the time; used with time_format only.', example: 'ts' },
  time_format: { kind: 'string', doc: 'Format of the time, strptime with %L for the fraction.', example: '%Y-%m-%dT%H:%M:%S.%L%z' },
  time_keep: { kind: 'boolean', default: false, doc: 'Keep the time in the record.', example: 'on' },
  time_strict: { kind: 'boolean', default: true, doc: 'The whole time must match the format.', example: 'off' },
  time_offset: { kind: 'string', doc: 'Offset of times without a zone.', example: '+0200' },
  time_system_timezone: { kind: 'boolean', default: false, doc: 'Times without a zone are in the zone of the system.', example: 'on' },
  time_zone: { kind: 'string', doc: 'Zone of times without one (IANA name).', example: 'Europe/Berlin' },
  types: { kind: 'string', doc: 'Types of values, as `key:type` with blanks between.', example: 'code:integer size:integer' },
  decode_field: {
    kind: 'words',
    count: 3,
    least: 2,
    multiple: true,
    doc: 'Decode a field: decoder, field, and try_next or do_next; its keys are appended.',
    example: 'json log'
  },
  decode_field_as: {
    kind: 'words',
    count: 3,
    least: 2,
    multiple: true,
    doc: 'Decode a field: decoder, field, and try_next or do_next; the value is replaced.',
    example: 'escaped log'
  },
  logfmt_no_bare_keys: { kind: 'boolean', default: false, doc: 'A key without a value makes the line no match.', example: 'on' }
} as const satisfies Fields

export const multilineOptions = {
  name: { kind: 'string', required: true, doc: 'Name that inputs and filters ask for.', example: 'app-trace' },
  type: {
    kind: 'choice',
    values: ['regex', 'endswith', 'equal', 'eq'],
    default: 'regex',
    doc: 'How lines belong together.',
    example: 'regex'
  },
  match_string: { kind: 'string', doc: 'The text that ends a group (types endswith and equal).', example: '\\' },
  negate: { kind: 'boolean', default: false, doc: 'The text continues a group instead of ending it.', example: 'on' },
  key_content: { kind: 'string', doc: 'Key of the text to join; the line when not set.', example: 'log' },
  key_pattern: { kind: 'string', doc: 'Key of the text to match; key_content when not set.', example: 'log' },
  key_group: { kind: 'string', doc: 'Key whose values are joined apart.', example: 'stream' },
  parser: { kind: 'string', doc: 'Parser of a line before it is joined.', example: 'docker' },
  flush_timeout: {
    kind: 'integer',
    default: 4000,
    doc: 'Milliseconds after its last line when a group is sent.',
    example: '1000'
  },
  rule: {
    kind: 'words',
    count: 3,
    least: 2,
    multiple: true,
    doc: 'State, regular expression and next state, in quotes; in YAML the list `rules`.',
    example: '"start_state" "/^\\d/" "cont"'
  },
  rules: { kind: 'any', doc: 'Rules of type regex (YAML): a list of maps with state, regex and next_state.' }
} as const satisfies Fields
