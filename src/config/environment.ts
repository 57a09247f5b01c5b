/**
 * Variables of a configuration: `${NAME}` and `${NAME:-default}`. Names set by the configuration itself (`env`, `@SET`)
 * win over those of the process; HOSTNAME is always there. A value `file:///path` of `env` is the content of that file,
 * without its final newline.
 */

import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'

import { own } from '../lib/own.ts'
import { mapEntries, textOf, type Entry, type Scalar, type Section } from './document.ts'
import { fileFault } from './file-fault.ts'
import type { Problems } from './problem.ts'
import { parseDuration } from './values.ts'

/** A file that a value was read from, and how often (ms) it should be looked at again. */
export interface SecretFile {
  readonly path: string
  /** What it held when it was read. */
  readonly text: string
  readonly refreshInterval: number
}

export class Environment {
  readonly #own = new Map<string, string>()
  readonly #process: Readonly<Record<string, string | undefined>>
  /** Texts that must not be shown. */
  readonly secrets = new Set<string>()
  /** Files with a refresh interval. */
  readonly files: SecretFile[] = []

  constructor(process: Readonly<Record<string, string | undefined>>) {
    this.#process = process
    this.#own.set('HOSTNAME', process['HOSTNAME'] ?? hostname())
  }

  get(name: string): string | undefined {
    return this.#own.get(name) ?? own(this.#process, name)
  }

  set(name: string, value: string): void {
    this.#own.set(name, value)
  }

  /** Replaces the variables of `text`; those that are not set and have no default are told to `unset`. */
  expand(text: string, unset: (name: string) => void): string {
    if (!text.includes('${')) return text
    return text.replace(/\$\{([^}]*)\}/g, (_, inner: string) => {
      const split = inner.indexOf(':-')
      const name = (split < 0 ? inner : inner.slice(0, split)).trim()
      const value = this.get(name)
      if (value !== undefined && (value !== '' || split < 0)) return value
      if (split >= 0) return inner.slice(split + 2)
      unset(name)
      return ''
    })
  }

  /** Takes in a section of type `env`. */
  define(section: Section, problems: Problems): void {
    for (const entry of section.entries) {
      const value = this.#valueOf(this.#expandEntry(entry, problems), problems)
      if (value !== undefined) this.set(entry.key, value)
    }
  }

  /** A copy of `section` with all variables replaced. */
  substitute(section: Section, problems: Problems): Section {
    return { ...section, entries: mapEntries(section.entries, (scalar) => this.#expandScalar(scalar, problems)) }
  }

  #expandEntry(entry: Entry, problems: Problems): Entry {
    return mapEntries([entry], (scalar) => this.#expandScalar(scalar, problems))[0] ?? entry
  }

  #expandScalar(scalar: Scalar, problems: Problems): Scalar {
    const text = this.expand(scalar.text, (name) => {
      problems.warning('variable-unset', { name }, scalar.place, {
        length: scalar.text.length,
        hint: `Set ${name}, or write \${${name}:-default}.`
      })
    })
    return text === scalar.text ? scalar : { ...scalar, text, plain: text, written: scalar.text }
  }

  #valueOf(entry: Entry, problems: Problems): string | undefined {
    if (entry.value.kind === 'list') {
      problems.error('yaml-shape', { what: entry.key, expected: 'a text', found: 'a list' }, entry.value.place)
      return undefined
    }
    const text = textOf(entry.value)
    if (text !== undefined) return text.startsWith('file://') ? this.#read(text, entry, problems) : text
    const parts = new Map(
      entry.value.kind === 'map'
        ? entry.value.entries.map((part) => [part.key.toLowerCase(), textOf(part.value) ?? ''])
        : []
    )
    const uri = parts.get('uri')
    const value = parts.get('value') ?? ''
    if (uri === undefined) return value.startsWith('file://') ? this.#read(value, entry, problems) : value
    return this.#read(uri, entry, problems, parts.get('refresh_interval')) ?? value
  }

  #read(uri: string, entry: Entry, problems: Problems, interval = ''): string | undefined {
    const content = readSecret(uri)
    if ('reason' in content) {
      problems.error('secret-file', { what: entry.key, reason: content.reason }, entry.value.place)
      return undefined
    }
    this.secrets.add(content.text)
    const refreshInterval = parseDuration(interval) ?? 0
    if (refreshInterval > 0) this.files.push({ ...content, refreshInterval })
    return content.text
  }
}

export type Secret = { readonly text: string; readonly path: string } | { readonly reason: string }

/** The content of the file of a `file://` address, without the final newline. */
export function readSecret(uri: string): Secret {
  try {
    const path = uri.startsWith('file:///') ? fileURLToPath(uri) : uri.replace(/^file:\/\//, '')
    return { text: readFileSync(path, 'utf8').replace(/\r?\n$/, ''), path }
  } catch (error) {
    return { reason: fileFault(error) }
  }
}
