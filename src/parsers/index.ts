/** All parsers and multiline parsers of a configuration, by name. Stock ones are compiled when first asked for. */
import type { Pool } from '../event/pool.ts'
import { PluginError, type JoinerOptions } from '../plugin/context.ts'
import type { JoinerFactory, Parser } from '../plugin/parser.ts'
import type { MultilineDefinition, ParserDefinition, RuleDefinition } from './shared/definition.ts'
import { JsonParser } from './json.ts'
import { LogfmtParser } from './logfmt.ts'
import { LtsvParser } from './ltsv.ts'
import { builtIn, dockerLines } from './shared/built-in-multiline.ts'
import { createJoinerFactory, createMultilineParser, type MultilineParser } from './multiline.ts'
import { RegexParser } from './regex.ts'
import { stockDefinitions as definitions } from './stock.ts'

export interface Parsers {
  /** A parser of the configuration, else a stock parser; undefined when there is none. */
  parser(name: string): Parser | undefined
  /** A factory of joiners for these multiline parsers, tried in order. Throws PluginError for an unknown name. */
  joiner(names: readonly string[], options?: JoinerOptions): JoinerFactory
}

export interface ParsersOptions {
  /** Bytes that one group of lines may hold; 2 MB when not set, 0 or Infinity for no limit. */
  readonly bufferLimit?: number | undefined
}

/** A parser as a configuration has it: checked options, and the properties as written, in order. */
export interface ConfiguredParser {
  readonly name: string
  readonly options: Omit<ParserDefinition, 'decoders'>
  readonly given: readonly { readonly name: string; readonly value: unknown }[]
}

export interface ConfiguredMultilineParser {
  readonly name: string
  readonly options: Omit<MultilineDefinition, 'rules'>
  readonly rules: readonly RuleDefinition[]
}

/** Names of the parsers that are there without being defined. */
export const stockParsers: readonly string[] = [...definitions.keys()]
export const stockMultilineParsers: readonly string[] = [...builtIn.keys()]

/** Makes a parser. Throws Error (RegexError, TimeFormatError) with what is wrong with the definition. */
export function createParser(definition: ParserDefinition, pool: Pool): Parser {
  switch (definition.format) {
    case 'json': return new JsonParser(definition, pool)
    case 'regex': return new RegexParser(definition, pool)
    case 'ltsv': return new LtsvParser(definition, pool)
    case 'logfmt': return new LogfmtParser(definition, pool)
  }
}

/** Throws PluginError for a definition that cannot be used, named by its parser. */
export function createParsers(
  configured: readonly ConfiguredParser[], multilineConfigured: readonly ConfiguredMultilineParser[], pool: Pool,
  options: ParsersOptions = {}
): Parsers {
  const parsers = new Map<string, Parser>()
  // As in Fluent Bit, of parsers with the same name the first one counts.
  for (const one of configured) {
    if (!parsers.has(one.name)) parsers.set(one.name, named('parser', one.name, () => createParser(definitionOf(one), pool)))
  }
  const parser = (name: string): Parser | undefined => {
    const known = parsers.get(name)
    if (known) return known
    const stock = definitions.get(name)
    if (!stock) return undefined
    const made = createParser(stock, pool)
    parsers.set(name, made)
    return made
  }
  const multiline = new Map<string, MultilineParser>()
  const make = (definition: MultilineDefinition): MultilineParser =>
    named('multiline parser', definition.name, () => createMultilineParser(definition, pool, parser, () => createParser(dockerLines, pool)))
  for (const { name, options: chosen, rules } of multilineConfigured) {
    const id = name.toLowerCase()
    if (!multiline.has(id)) multiline.set(id, make({ ...chosen, name, rules }))
  }
  const multilineParser = (name: string): MultilineParser => {
    const id = name.toLowerCase()
    const known = multiline.get(id)
    if (known) return known
    const definition = builtIn.get(id)
    if (!definition) throw new PluginError(`there is no multiline parser ${name}`)
    const made = make(definition)
    multiline.set(id, made)
    return made
  }
  return {
    parser,
    joiner: (names, chosen = {}) =>
      createJoinerFactory(names.map(multilineParser), { ...chosen, limit: options.bufferLimit }, pool)
  }
}

function definitionOf({ name, options, given }: ConfiguredParser): ParserDefinition {
  const decoders = given.flatMap(({ name: property, value }) => {
    if (property !== 'decode_field' && property !== 'decode_field_as') return []
    const values = Array.isArray(value) ? (value as readonly unknown[]) : [value]
    return values.map((one) => ({ replaces: property === 'decode_field_as', words: String(one).trim().split(/\s+/) }))
  })
  return { ...options, name, decoders }
}

function named<Made>(kind: string, name: string, make: () => Made): Made {
  try {
    return make()
  } catch (error) {
    throw new PluginError(`${kind} ${name}: ${(error as Error).message}`)
  }
}
