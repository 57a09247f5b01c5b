/**
 * Reads a configuration with everything it includes: files in either language, decided by the name (`.yaml`, `.yml`, or
 * the language of the file that includes it), environment, variables, parsers files.
 */

import { isUtf8 } from 'node:buffer'
import { globSync, readFileSync, statSync } from 'node:fs'
import { dirname, extname, resolve } from 'node:path'

import { readClassic } from './classic.ts'
import { entryOf, mapEntries, nounOf, textOf, type Section, type Value } from './document.ts'
import type { Environment } from './environment.ts'
import type { Place } from './fields.ts'
import { fileFault } from './file-fault.ts'
import type { Problems } from './problem.ts'

/** Fluent Bit's own limit. */
const mostFiles = 1000

export interface Loaded {
  /** In the order in which they hold, variables replaced, without `env` and `includes`. */
  readonly sections: readonly Section[]
  /** Texts of the files by the path under which problems name them. */
  readonly sources: Map<string, string>
  readonly environment: Environment
  /** Sections of the files that the option `upstream` of outputs names, by what it says. */
  readonly upstreams: ReadonlyMap<string, readonly Section[]>
}

/** Reads the file `path` (as the user wrote it) into a document; what cannot be read becomes a problem. */
export async function loadFile(path: string, environment: Environment, problems: Problems): Promise<Loaded> {
  const loader = new Loader(environment, problems, dirname(resolve(path)))
  const sections = await loader.file(path, undefined, undefined)
  return await loader.finish(sections)
}

/** Completes sections that did not come from a file (the command line), with those of the file `path` behind them. */
export async function loadSections(
  sections: readonly Section[],
  sources: ReadonlyMap<string, string>,
  environment: Environment,
  problems: Problems,
  path?: string
): Promise<Loaded> {
  const loader = new Loader(environment, problems, path === undefined ? process.cwd() : dirname(resolve(path)))
  for (const [file, text] of sources) loader.sources.set(file, text)
  const added = path === undefined ? [] : await loader.file(path, undefined, undefined)
  return await loader.finish([...sections, ...added.map((section) => without(section, sections))])
}

/** A service section without the properties that `sections` set already. */
function without(section: Section, sections: readonly Section[]): Section {
  if (section.type !== 'service') return section
  const set = new Set(sections.filter(({ type }) => type === 'service').flatMap(({ entries }) => {
    return entries.map(({ key }) => key.toLowerCase()).filter((key) => key !== 'parsers_file')
  }))
  return { ...section, entries: section.entries.filter(({ key }) => !set.has(key.toLowerCase())) }
}

type Language = 'yaml' | 'classic'

/** Where images of Fluent Bit have its own parsers files. Their parsers are built in, so these files need not be there. */
const stockFile = /^\/fluent-bit\/(etc|parsers)\/parsers(_(ambassador|cinder|extra|java|kafka|mult|openstack))?\.conf$/

class Loader {
  readonly sources = new Map<string, string>()
  readonly #environment: Environment
  readonly #problems: Problems
  readonly #home: string
  readonly #seen = new Set<string>()

  constructor(environment: Environment, problems: Problems, home: string) {
    this.#environment = environment
    this.#problems = problems
    this.#home = home
  }

  /** The sections of one file, its includes in their places. `from` is where it was named. */
  async file(path: string, from: Place | undefined, language: Language | undefined): Promise<Section[]> {
    const text = this.#read(path, from)
    if (text === undefined) return []
    const own = languageOf(path) ?? language ?? 'classic'
    const sections: Section[] = []
    for (const section of await this.#parse(text, path, own)) {
      if (section.type === 'includes') sections.push(...await this.#includes(section, path, own))
      else if (section.type === 'env') this.#environment.define(section, this.#problems)
      else sections.push(section)
    }
    return sections
  }

  /** Replaces variables, which may be set after their use, and reads the parsers files. */
  async finish(sections: readonly Section[]): Promise<Loaded> {
    const done = sections.map((section) => this.#environment.substitute(section, this.#problems))
    const parsers: Section[] = []
    for (const section of done.filter(({ type }) => type === 'service')) {
      for (const entry of section.entries.filter(({ key }) => key.toLowerCase() === 'parsers_file')) {
        for (const value of itemsOf(entry.value)) {
          const written = textOf(value)
          // the check of the options tells of what is no text
          if (written === undefined) continue
          const path = this.#extraPath(written, value.place)
          if (stockFile.test(path) && !exists(path)) continue
          const found = await this.file(path, value.place, undefined)
          parsers.push(...found.map((part) => this.#environment.substitute(part, this.#problems)))
        }
      }
    }
    return { sections: [...parsers, ...done], sources: this.sources, environment: this.#environment, upstreams: await this.#upstreams(done) }
  }

  async #upstreams(sections: readonly Section[]): Promise<Map<string, Section[]>> {
    const named = new Set(sections.filter(({ type }) => type === 'upstream').map(({ entries }) => textOf(entryOf(entries, 'name')?.value)))
    const files = new Map<string, Section[]>()
    for (const { entries } of sections.filter(({ type }) => type === 'output')) {
      const value = entryOf(entries, 'upstream')?.value
      const path = textOf(value)
      if (value === undefined || path === undefined || path === '' || named.has(path) || files.has(path)) continue
      const found = await this.file(this.#extraPath(path, value.place), value.place, undefined)
      files.set(path, found.map((section) => this.#environment.substitute(section, this.#problems)))
    }
    return files
  }

  async #parse(text: string, path: string, language: Language): Promise<Section[]> {
    if (language === 'classic') return readClassic(text, path, this.#problems)
    // The YAML reader costs memory, so only those pay for it who have a YAML file.
    const { readYaml } = await import('./yaml.ts')
    return readYaml(text, path, this.#problems)
  }

  async #includes(section: Section, path: string, language: Language): Promise<Section[]> {
    const expanded = mapEntries(section.entries, (scalar) => ({
      ...scalar,
      text: this.#environment.expand(scalar.text, (name) => this.#unset(name, scalar.place))
    }))
    const sections: Section[] = []
    for (const { value } of expanded) {
      for (const item of itemsOf(value)) {
        const pattern = textOf(item)
        if (pattern === undefined || pattern === '') {
          const found = nounOf(item)
          this.#problems.error('yaml-shape', { what: section.title, expected: 'the path of a file', found }, item.place)
          continue
        }
        const files = this.#matching(pattern, dirname(path), item.place)
        for (const file of files) sections.push(...await this.file(file, item.place, language))
      }
    }
    return sections
  }

  #matching(pattern: string, folder: string, place: Place): string[] {
    const path = resolve(folder, pattern)
    if (!/[*?[]/.test(pattern)) return [path]
    const files = globSync(path).toSorted()
    if (files.length === 0) {
      this.#problems.warning('include-empty', { pattern }, place, { length: pattern.length })
    }
    return files
  }

  #read(path: string, from: Place | undefined): string | undefined {
    const extra = { length: 1, hint: from === undefined ? undefined : 'Paths are relative to the file that names them.' }
    try {
      const absolute = resolve(path)
      const { dev, ino, size } = statSync(absolute, { bigint: true })
      const identity = `${dev}:${ino}`
      if (this.#seen.has(identity) && size > 0n) {
        this.#problems.error('file-twice', { path }, from, { ...extra, hint: 'A file is read once: take this one out.' })
        return undefined
      }
      if (this.#seen.size >= mostFiles) {
        this.#problems.error('include-too-many', { limit: mostFiles }, from)
        return undefined
      }
      this.#seen.add(identity)
      const text = this.#decode(readFileSync(absolute), path)
      if (text !== undefined) this.sources.set(path, text)
      return text
    } catch (error) {
      const code = codeOf(error)
      const files = { ...extra, hint: `Name its files, for example ${path}/*.conf` }
      if (code === 'ENOENT') this.#problems.error('file-missing', { path }, from, extra)
      else this.#problems.error('file-unreadable', { path, reason: fileFault(error) }, from, code === 'EISDIR' ? files : extra)
      return undefined
    }
  }

  /** Other encodings are told: Fluent Bit takes bytes as they are, so an old comment in Latin-1 is no reason to refuse a file. */
  #decode(bytes: Buffer, path: string): string | undefined {
    const start = { file: path, line: 1, column: 1 }
    const hint = 'Save the file as UTF-8.'
    if (/^(\xff\xfe|\xfe\xff)/.test(bytes.toString('latin1', 0, 2))) {
      this.#problems.error('file-unreadable', { path, reason: 'it is UTF-16' }, start, { hint })
      return undefined
    }
    const text = bytes.toString('utf8')
    const zero = text.indexOf('\0')
    if (zero >= 0) {
      this.#problems.error('file-unreadable', { path, reason: 'a zero byte stands here, so it is no text' }, placeOf(text, zero, path))
      return undefined
    }
    if (!isUtf8(bytes)) this.#problems.warning('file-encoding', { path }, placeOf(text, text.indexOf('\ufffd'), path), { hint })
    return text
  }

  /** As in Fluent Bit: as it stands, then below the folder of the main file; and below that of the naming file. */
  #extraPath(path: string, place: Place): string {
    const candidates = [path, resolve(this.#home, path), resolve(dirname(place.file), path)]
    return candidates.find((candidate) => exists(candidate)) ?? path
  }

  #unset(name: string, place: Place): void {
    this.#problems.warning('variable-unset', { name }, place)
  }
}

function languageOf(path: string): Language | undefined {
  const extension = extname(path).toLowerCase()
  if (extension === '.yaml' || extension === '.yml') return 'yaml'
  return extension === '.conf' ? 'classic' : undefined
}

function itemsOf(value: Value): readonly Value[] {
  return value.kind === 'list' ? value.items : [value]
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function placeOf(text: string, at: number, file: string): Place {
  const before = text.slice(0, at).split('\n')
  return { file, line: before.length, column: (before.at(-1) ?? '').length + 1 }
}
