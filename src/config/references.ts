/** Checks what a configuration refers to: parsers, regular expressions, files to read and folders to write to. */

import { accessSync, constants, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

import { nearest } from '../lib/edit-distance.ts'
import type { Checking } from './check-options.ts'
import { fileOptions } from './common-options.ts'
import type { Fields, Given, Place } from './fields.ts'
import type { MultilinePlan, ParserPlan } from './plan.ts'
import type { PlanOptions, Tables } from './tables.ts'
import { splitWords } from './values.ts'

/** Options that name parsers, expressions and paths, by their names: these mean the same in every plugin. */
const parserNames = /^(parser|parser_\d+|parser_firstline|docker_mode_parser|merge_parser|regex_parser)$/
const regexNames = new Set(['match_regex', 'tag_regex', 'remove_regex'])
const wordRegexNames = new Set(['regex', 'exclude'])
const readNames = new Set<string>([...fileOptions, 'script'])
const writeNames = new Set(['db', 'storage.path', 'log_file'])

export class References {
  readonly #parsers: ReadonlySet<string>
  readonly #multiline: ReadonlySet<string>
  readonly #tables: Tables
  readonly #checking: Checking
  readonly #elsewhere: boolean

  constructor(
    parsers: readonly ParserPlan[],
    multiline: readonly MultilinePlan[],
    tables: Tables,
    checking: Checking,
    options: PlanOptions
  ) {
    this.#parsers = new Set([...tables.stockParsers, ...parsers.map(({ name }) => name)])
    this.#multiline = new Set([...tables.stockMultilineParsers, ...multiline.map(({ name }) => name)])
    this.#tables = tables
    this.#checking = checking
    this.#elsewhere = options.elsewhere === true
  }

  /**
   * Checks the given properties of one instance. `fields` tells which are texts; `tailLike` that Fluent Bit goes on
   * without a parser it does not know. Returns the names of options that must be taken as not set.
   */
  check(given: readonly Given[], fields: Fields, tailLike: boolean): Set<string> {
    const unset = new Set<string>()
    for (const property of given) {
      const kind = fields[property.name]?.kind
      if (typeof property.value !== 'string' || kind === 'boolean' || kind === 'any') continue
      const { name, value, place } = property
      if (name === 'multiline.parser') {
        for (const parser of value.split(',').map((part) => part.trim()).filter((part) => part !== '')) {
          this.#multilineParser(parser, place)
        }
      } else if (parserNames.test(name)) {
        if (!this.parser(value, place, tailLike)) unset.add(name)
      } else if (regexNames.has(name)) {
        this.regex(value, place)
      } else if (wordRegexNames.has(name) && kind === 'words') {
        this.regex(splitWords(value, 2)[1] ?? '', place)
      } else if (readNames.has(name)) {
        this.#readable(name, value, place)
      } else if (writeNames.has(name)) {
        this.#writable(name, value, place)
      }
    }
    return unset
  }

  /** Is there a parser `name`? */
  parser(name: string, place: Place, tolerable = false): boolean {
    const wanted = name.trim()
    if (this.#parsers.has(wanted)) return true
    const near = nearest(wanted, this.#parsers)
    const level = tolerable && this.#checking.tolerant ? 'warning' : 'error'
    const hint = near === undefined
      ? 'Define it in parsers, or name its file with parsers_file in service.'
      : `Did you mean ${near}?`
    this.#checking.problems[level]('unknown-parser', { name: wanted }, place, { length: name.length, hint })
    return false
  }

  regex(regex: string, place: Place): void {
    const reason = this.#tables.regexFault(regex)
    if (reason !== undefined) this.#checking.problems.error('wrong-regex', { reason }, place, { length: regex.length })
  }

  #multilineParser(name: string, place: Place): void {
    if (this.#multiline.has(name)) return
    const near = nearest(name, this.#multiline)
    this.#checking.problems.error('unknown-multiline-parser', { name }, place, {
      length: name.length,
      hint: near === undefined ? 'Define it in multiline_parsers.' : `Did you mean ${near}?`
    })
  }

  #readable(option: string, path: string, place: Place): void {
    if (this.#elsewhere) return
    const reason = accessFault(path, constants.R_OK)
    if (reason !== undefined) this.#checking.problems.error('option-file', { option, reason }, place, { length: path.length })
  }

  /** The file itself when it is there, else the nearest folder that is. */
  #writable(option: string, path: string, place: Place): void {
    if (this.#elsewhere) return
    let nearestThere = resolve(path)
    while (statSync(nearestThere, { throwIfNoEntry: false }) === undefined && nearestThere !== dirname(nearestThere)) {
      nearestThere = dirname(nearestThere)
    }
    const reason = accessFault(nearestThere, constants.W_OK)
    if (reason !== undefined) this.#checking.problems.error('option-path', { option, reason }, place, { length: path.length })
  }
}

function accessFault(path: string, mode: number): string | undefined {
  try {
    accessSync(path, mode)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
