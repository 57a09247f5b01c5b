/** What a configuration says of a parser and of a multiline parser; the keys are Fluent Bit's. */

export interface ParserDefinition {
  readonly name: string
  readonly format: 'json' | 'regex' | 'ltsv' | 'logfmt'
  readonly regex?: string | undefined
  readonly skip_empty_values?: boolean | undefined
  readonly time_key?: string | undefined
  readonly time_format?: string | undefined
  readonly time_keep?: boolean | undefined
  readonly time_strict?: boolean | undefined
  readonly time_offset?: string | undefined
  readonly time_system_timezone?: boolean | undefined
  readonly time_zone?: string | undefined
  /** `key:type` with blanks between. */
  readonly types?: string | undefined
  /** Each: decoder, field, and try_next or do_next. */
  readonly decode_field?: readonly (readonly string[])[] | undefined
  readonly decode_field_as?: readonly (readonly string[])[] | undefined
  readonly logfmt_no_bare_keys?: boolean | undefined
}

export interface MultilineDefinition {
  readonly name: string
  readonly type?: 'regex' | 'endswith' | 'equal' | 'eq' | undefined
  readonly match_string?: string | undefined
  readonly negate?: boolean | undefined
  readonly key_content?: string | undefined
  readonly key_pattern?: string | undefined
  readonly key_group?: string | undefined
  readonly parser?: string | undefined
  /** Milliseconds. */
  readonly flush_timeout?: number | undefined
  /** Each: states, regular expression, next state. */
  readonly rule?: readonly (readonly string[])[] | undefined
  /** The same as a list of maps with state, regex and next_state. */
  readonly rules?: unknown
}
