/**
 * Path patterns as POSIX has them: glob(3) with tilde for finding files, fnmatch(3) without FNM_PATHNAME for leaving
 * them out. `*`, `?`, `[a-z]`, `[!a]`, `[[:digit:]]`, a backslash takes the next character as it is. No braces, no `**`.
 */
import { readdirSync, statSync, lstatSync } from 'node:fs'
import { homedir } from 'node:os'
import { resolve, sep } from 'node:path'

const CLASSES: { readonly [name: string]: string } = {
  alnum: 'A-Za-z0-9', alpha: 'A-Za-z', blank: ' \\t', cntrl: '\\x00-\\x1f\\x7f', digit: '0-9', graph: '\\x21-\\x7e',
  lower: 'a-z', print: '\\x20-\\x7e', punct: '!-\\/:-@\\[-`{-~', space: '\\s', upper: 'A-Z', xdigit: 'A-Fa-f0-9'
}

/** The pattern as the source of a regular expression; `any` is what `*` repeats and `?` is one of. */
function translate(pattern: string, any: string): string {
  let source = ''
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!
    if (c === '*') {
      while (pattern[i + 1] === '*') i++
      source += any + '*'
    } else if (c === '?') source += any
    else if (c === '[') {
      const bracket = readBracket(pattern, i)
      if (bracket === null) source += '\\['
      else {
        source += bracket.source
        i = bracket.last
      }
    } else if (c === '\\' && i + 1 < pattern.length) source += quote(pattern[++i]!)
    else source += quote(c)
  }
  return source
}

/** A bracket expression that begins at `start`; null when it is not closed, and then means itself. */
function readBracket(pattern: string, start: number): { readonly source: string; readonly last: number } | null {
  let i = start + 1
  let members = ''
  const negated = pattern[i] === '!' || pattern[i] === '^'
  if (negated) i++
  for (let first = true; i < pattern.length; i++, first = false) {
    const c = pattern[i]!
    if (c === ']' && !first) return { source: (negated ? '[^' : '[') + members + ']', last: i }
    const named = c === '[' ? /^\[:(\w+):\]/.exec(pattern.slice(i)) : null
    if (named !== null && CLASSES[named[1]!] !== undefined) {
      members += CLASSES[named[1]!]!
      i += named[0].length - 1
    } else if (c === '\\' && i + 1 < pattern.length) members += quote(pattern[++i]!)
    else members += c === '-' && !first && pattern[i + 1] !== ']' ? '-' : quote(c)
  }
  return null
}

function quote(c: string): string {
  return /[\w\s]/.test(c) || c.charCodeAt(0) > 0x7f ? c : '\\' + c
}

function compile(source: string): RegExp {
  try {
    return new RegExp('^(?:' + source + ')$', 's')
  } catch {
    // a range such as [z-a] matches nothing
    return /(?!)/
  }
}

/** A pattern for whole paths in which `*`, `?` and brackets match any character, `/` too. */
export function compileFnmatch(pattern: string): RegExp {
  return compile(translate(pattern, '.'))
}

const MAGIC = /[*?[\\]/

/** A pattern of paths, taken apart at its slashes. */
export class Glob {
  readonly pattern: string
  /** The folder above the first part with a wildcard, or the path itself when the pattern has none. */
  readonly root: string
  /** Parts below the root: fixed names, or expressions. */
  readonly #parts: readonly (string | RegExp)[]
  /** The last `expand` went through a folder that is a symbolic link. */
  throughLinks = false

  constructor(pattern: string) {
    this.pattern = pattern
    const path = resolvePath(pattern)
    const parts = path.split('/')
    let fixed = 1
    while (fixed < parts.length && !MAGIC.test(parts[fixed]!)) fixed++
    this.root = parts.slice(0, fixed).join('/') || '/'
    this.#parts = parts.slice(fixed).map((part) => {
      if (!MAGIC.test(part)) return part
      const dotted = part.startsWith('.') || part.startsWith('\\.')
      return compile((dotted ? '' : '(?!\\.)') + translate(part, '[^/]'))
    })
  }

  /** Levels of folders and names below the root. */
  get depth(): number {
    return this.#parts.length
  }

  /** Whether an absolute path matches. */
  test(path: string): boolean {
    return this.#covers(path, true)
  }

  /** Whether an absolute path is a folder in which a match can lie, at any depth. */
  leadsTo(directory: string): boolean {
    return this.#covers(directory, false)
  }

  #covers(path: string, whole: boolean): boolean {
    const prefix = this.root === '/' ? '/' : this.root + '/'
    if (path === this.root || path + '/' === prefix) return whole ? this.#parts.length === 0 : true
    if (!path.startsWith(prefix)) return !whole && this.root.startsWith(path === '/' ? '/' : path + '/')
    const names = path.slice(prefix.length).split('/')
    if (whole ? names.length !== this.#parts.length : names.length >= this.#parts.length) return false
    for (let i = 0; i < names.length; i++) {
      const part = this.#parts[i]!
      if (typeof part === 'string' ? part !== names[i] : !part.test(names[i]!)) return false
    }
    return true
  }

  /** Paths that match now, each folder's in alphabetical order. Folders that cannot be read are left out. */
  expand(): string[] {
    let found = [this.root]
    this.throughLinks = false
    for (let i = 0; i < this.#parts.length; i++) {
      const part = this.#parts[i]!
      const last = i === this.#parts.length - 1
      const next: string[] = []
      for (const directory of found) {
        const prefix = directory === '/' ? '/' : directory + '/'
        if (typeof part === 'string') {
          next.push(prefix + part)
          continue
        }
        for (const entry of list(directory)) {
          if (!part.test(entry.name)) continue
          if (last || entry.folder) next.push(prefix + entry.name)
          else if (entry.link && isFolder(prefix + entry.name)) {
            this.throughLinks = true
            next.push(prefix + entry.name)
          }
        }
      }
      found = next
    }
    if (this.#parts.at(-1) instanceof RegExp) return found
    return found.filter((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined)
  }
}

interface Entry {
  readonly name: string
  readonly folder: boolean
  readonly link: boolean
}

function list(directory: string): Entry[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .map((entry) => ({ name: entry.name, folder: entry.isDirectory(), link: entry.isSymbolicLink() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    return []
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** The absolute path of a pattern, `~` at its beginning the home folder. */
function resolvePath(pattern: string): string {
  if (pattern === '~' || pattern.startsWith('~/')) return homedir() + pattern.slice(1)
  if (sep === '/' && !pattern.startsWith('/')) return resolve('.') + '/' + pattern.replace(/^(\.\/+)+/, '')
  return pattern.replace(/\/{2,}/g, '/')
}
