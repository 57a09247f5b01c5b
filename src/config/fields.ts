/**
 * The option language: every option of every plugin is declared once with these shapes, and validation, static types,
 * `--help`, the reference pages and the JSON Schema all come from the declaration.
 *
 * Option names are Fluent Bit's, verbatim, written in lower case; a configuration may spell them in any case.
 */

interface Common {
  /** One sentence that says what the option does. */
  readonly doc: string
  /** A value as a person would write it in a configuration; a test parses every one. */
  readonly example?: string
  /** Must be given. */
  readonly required?: true
  /** May be written several times (a list in YAML); the value is an array in the order written. */
  readonly multiple?: true
  /** Never printed in logs, errors or `describe`. */
  readonly secret?: true
  /** Why it is deprecated and what to write instead; a warning when used. */
  readonly deprecated?: string
  /** Accepted for compatibility and without effect here; says why. */
  readonly withoutEffect?: string
  /** Other spellings that mean the same. */
  readonly aliases?: readonly string[]
  /** What Fluent Bit's default is, when ours differs because theirs loses data; said in the reference page. */
  readonly differs?: string
  /** The name is a prefix (`rdkafka.`): the value is a map from the rest of the name to the text given. */
  readonly prefix?: true
}

export type Field = Common &
  (
    | { readonly kind: 'string'; readonly default?: string }
    | { readonly kind: 'boolean'; readonly default?: boolean }
    /** A whole number; `min` and `max` are inclusive. */
    | {
        readonly kind: 'integer'
        readonly default?: number
        readonly min?: number
        readonly max?: number
        /** Words that stand for numbers, in lower case (`no_limits` for Infinity). */
        readonly words?: { readonly [word: string]: number }
      }
    | { readonly kind: 'number'; readonly default?: number; readonly min?: number; readonly max?: number }
    /**
     * Bytes; `32K`, `5MB`, `1G` are powers of 1,000, `32Ki`, `5MiB` of 1,024, as Fluent Bit reads them; the value is a
     * number of bytes, Infinity for a word of `unlimited` (in lower case).
     */
    | { readonly kind: 'size'; readonly default?: number; readonly unlimited?: readonly string[] }
    /**
     * `5`, `5s`, `2m`, `1h`, `1d`, `200ms`, a plain number is seconds; the value is in milliseconds, Infinity for a word
     * of `unlimited` (in lower case).
     */
    | { readonly kind: 'duration'; readonly default?: number; readonly unlimited?: readonly string[] }
    /** A comma-separated list; the value is an array of trimmed, non-empty strings. */
    | { readonly kind: 'list'; readonly default?: readonly string[] }
    /** `count` words: the first `count - 1` separated by white space (double quotes group), the last is the rest. */
    | { readonly kind: 'words'; readonly count: number; readonly least?: number; readonly default?: readonly string[] }
    /** One of `values`, compared without case. */
    | { readonly kind: 'choice'; readonly values: readonly string[]; readonly default?: string }
    /** A structure of YAML taken as it stands (conditions, routes); the plugin checks it. */
    | { readonly kind: 'any'; readonly default?: unknown }
  )

export type Fields = { readonly [name: string]: Field }

type Single<F extends Field> = F extends { kind: 'boolean' }
  ? boolean
  : F extends { kind: 'integer' | 'number' | 'size' | 'duration' }
    ? number
    : F extends { kind: 'list' | 'words' }
      ? readonly string[]
      : F extends { kind: 'choice'; values: readonly (infer V)[] }
        ? V
        : F extends { kind: 'any' }
          ? unknown
          : string

type Value<F extends Field> = F extends { prefix: true }
  ? ReadonlyMap<string, string>
  : F extends { multiple: true }
    ? readonly Single<F>[]
    : F extends { required: true } | { default: unknown }
      ? Single<F>
      : Single<F> | undefined

/** The checked values of a set of fields, as a plugin receives them. */
export type OptionsOf<F extends Fields> = { readonly [K in keyof F]: Value<F[K]> }

/** Where a value stands in a configuration. Line and column count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** One property as it was written, after `${VAR}` were replaced; the order of all of them is kept (filter modify needs it). */
export interface Given {
  /** Lower case. */
  readonly name: string
  /** Text, or the structure of YAML for kind `any`. */
  readonly value: unknown
  readonly place: Place
}
