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
  /** Decoders in the order in which they are written. */
  readonly decoders?: readonly DecoderDefinition[] | undefined
  readonly logfmt_no_bare_keys?: boolean | undefined
}

export interface DecoderDefinition {
  /** decode_field_as: the value is replaced; decode_field: the keys of a decoded object are appended. */
  readonly replaces: boolean
  /** Decoder, field, and try_next or do_next. */
  readonly words: readonly string[]
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
  readonly rules?: readonly RuleDefinition[] | undefined
}

export interface RuleDefinition {
  /** States in which the rule holds. */
  readonly states: readonly string[]
  readonly regex: string
  /** The state that it leads to. */
  readonly next: string | undefined
}
