/**
 * Fluent Bit's YAML configuration as a document. Every scalar is text, as Fluent Bit has it; what an unquoted one means
 * in YAML is kept beside it for structures. Repeated keys are kept in order.
 */

import { Composer, isAlias, isMap, isNode, isScalar, isSeq, Lexer, LineCounter, Parser, type Alias, type CST, type ErrorCode, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml'

import { own } from '../lib/own.ts'
import { nounOf, type Entry, type Mapping, type Section, type Value } from './document.ts'
import type { Place } from './fields.ts'
import type { Problems } from './problem.ts'

/** Top-level lists whose items are sections of their own. */
const lists: Readonly<Record<string, string>> = {
  parsers: 'parser',
  multiline_parsers: 'multiline_parser',
  customs: 'custom',
  plugins: 'plugins',
  stream_processor: 'stream_processor',
  upstream_servers: 'upstream'
}

const pipelineLists: Readonly<Record<string, string>> = { inputs: 'input', filters: 'filter', outputs: 'output' }

/** Levels of maps and lists within each other. Everything that walks a configuration recurs, so this guards the stack. */
const mostLevels = 100

/** Values that aliases may stand for in one file. Nine anchors of nine aliases each would otherwise fill any memory. */
const mostAliased = 100_000

/** What to do about the mistakes that are made most. */
const remedies: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: 'Indent with blanks: YAML does not take tabs.',
  BAD_INDENT: 'Indent the items of a list or map all alike, and close every bracket that is opened above.',
  MISSING_CHAR: 'Close what is opened above.',
  BLOCK_AS_IMPLICIT_KEY: 'Put a value with ": " in it in quotes, and indent the keys of a map all alike.',
  BAD_SCALAR_START: 'Put the value in quotes.',
  BAD_ALIAS: 'Put a value that begins with * in quotes.'
}

/** The sections of a YAML text, in order; syntax errors become problems with YAML's own place and reason. */
export function readYaml(text: string, file: string, problems: Problems): Section[] {
  const reader = new Reader(text, file, problems)
  return reader.sections()
}

class Reader {
  readonly #counter = new LineCounter()
  readonly #file: string
  readonly #problems: Problems
  readonly #contents: Node | null
  /** The last node of every anchor, as far as the walk has come. */
  readonly #anchors = new Map<string, Node>()
  /** What an alias stands for: an anchor may be set again below it. */
  readonly #targets = new Map<Alias, Node>()
  /** The maps and lists that the walk is in. */
  readonly #open = new Set<Node>()
  /** How many aliases the walk is in, and how many values it has met in any. */
  #following = 0
  #aliased = 0
  /** A limit is passed or an alias leads nowhere: that is told once, and nothing is made of the file. */
  #broken = false

  constructor(text: string, file: string, problems: Problems) {
    this.#file = file
    this.#problems = problems
    this.#contents = this.#parse(text)
  }

  sections(): Section[] {
    if (this.#contents === null) return []
    const root = this.#value(this.#contents, this.#place(0))
    if (this.#broken) return []
    if (root.kind !== 'map') {
      this.#shape('a configuration', 'a map with pipeline, service and so on', root)
      return []
    }
    return root.entries.flatMap((entry) => this.#topLevel(entry))
  }

  /** The root of the only document; null where there is none, or none that can be used. */
  #parse(text: string): Node | null {
    const composer = new Composer({ uniqueKeys: false, prettyErrors: false })
    const [document, second] = composer.compose(this.#tokens(text), true, text.length)
    if (this.#broken || document === undefined) return null
    for (const error of document.errors) {
      const reason = error.message.replace(/\s+/g, ' ')
      this.#problems.error('yaml-syntax', { reason }, this.#place(error.pos[0]), {
        hint: remedies[error.code]
      })
    }
    if (document.errors.length > 0) return null
    if (second !== undefined) {
      this.#problems.error('yaml-documents', {}, this.#place(second.range[0]), { hint: 'Put the other documents into files of their own.' })
      return null
    }
    return document.contents
  }

  /** The composer recurs over what it is given, so the depth is looked at before. */
  *#tokens(text: string): Generator<CST.Token, void> {
    const parser = new Parser(this.#counter.addNewLine)
    this.#counter.addNewLine(0)
    for (const lexeme of new Lexer().lex(text)) {
      yield* parser.next(lexeme)
      // the document itself lies on the stack, too
      if (parser.stack.length - 1 > mostLevels) {
        this.#break(() => this.#tooDeep(this.#place(parser.offset - 1)))
        return
      }
    }
    yield* parser.end()
  }

  #topLevel(entry: Entry): Section[] {
    const type = entry.key.toLowerCase()
    const each = own(lists, type)
    if (isEmpty(entry.value)) return []
    if (type === 'pipeline') return this.#pipeline(entry)
    if (each !== undefined) return this.#items(entry, each)
    if (type === 'env') return [this.#env(entry)]
    if (type === 'includes') return [{ type, title: entry.key, place: entry.place, entries: [entry] }]
    if (type === 'service') {
      const map = this.#map(entry.value, entry.key)
      return map === undefined ? [] : [{ type, title: entry.key, place: entry.place, entries: map.entries }]
    }
    const entries = entry.value.kind === 'map' ? entry.value.entries : []
    return [{ type, title: entry.key, place: entry.place, entries }]
  }

  #pipeline(pipeline: Entry): Section[] {
    const map = this.#map(pipeline.value, 'pipeline')
    return (map?.entries ?? []).flatMap((entry) => {
      const type = own(pipelineLists, entry.key.toLowerCase())
      if (type !== undefined) return isEmpty(entry.value) ? [] : this.#items(entry, type)
      return [{ type: `pipeline.${entry.key.toLowerCase()}`, title: entry.key, place: entry.place, entries: [] }]
    })
  }

  #items(list: Entry, type: string): Section[] {
    if (list.value.kind !== 'list') {
      this.#shape(list.key, 'a list, each item beginning with "- name:"', list.value)
      return []
    }
    return list.value.items.flatMap((item) => {
      const map = this.#map(item, `an item of ${list.key}`)
      return map === undefined ? [] : [{ type, title: list.key, place: item.place, entries: map.entries }]
    })
  }

  /** Fluent Bit takes a map of names and values, or a list of maps with name, value, uri and refresh_interval. */
  #env(env: Entry): Section {
    const section = { type: 'env', title: env.key, place: env.place }
    if (env.value.kind !== 'list') return { ...section, entries: this.#map(env.value, 'env')?.entries ?? [] }
    const entries = env.value.items.flatMap((item): Entry[] => {
      const map = this.#map(item, 'an item of env')
      const name = map?.entries.find((entry) => entry.key.toLowerCase() === 'name')
      if (map === undefined) return []
      if (name?.value.kind === 'scalar') return [{ key: name.value.text, place: name.value.place, value: map }]
      this.#shape('an item of env', 'a map with a name', item, 'a map without')
      return []
    })
    return { ...section, entries }
  }

  #map(value: Value, what: string): Mapping | undefined {
    if (value.kind === 'map') return value
    this.#shape(what, 'a map', value)
    return undefined
  }

  #shape(what: string, expected: string, value: Value, found = nounOf(value)): void {
    this.#problems.error('yaml-shape', { what, expected, found }, value.place)
  }

  #value(node: unknown, fallback: Place): Value {
    const place = this.#placeOf(node, fallback)
    if (this.#following > 0) this.#aliased += 1
    if (this.#broken || this.#aliased > mostAliased) return nothing(place)
    if (isAlias(node)) return this.#follow(node, place)
    if (isMap(node)) {
      return { kind: 'map', entries: this.#within(node, place, () => node.items.map((pair) => this.#entry(pair, place))), place }
    }
    if (isSeq(node)) {
      return { kind: 'list', items: this.#within(node, place, () => node.items.map((item) => this.#value(item, place))), place }
    }
    if (!isScalar(node)) return nothing(place)
    this.#remember(node)
    return { kind: 'scalar', text: sourceOf(node), plain: node.value, place }
  }

  #entry(pair: Pair<unknown, unknown>, map: Place): Entry {
    const place = this.#placeOf(pair.key, map)
    if (isScalar(pair.key)) this.#remember(pair.key)
    const key = isScalar(pair.key) ? sourceOf(pair.key) : String(pair.key)
    return { key, place, value: this.#value(pair.value, place) }
  }

  #within<Part>(node: YAMLMap | YAMLSeq, place: Place, walk: () => Part[]): Part[] {
    this.#remember(node)
    if (this.#open.size >= mostLevels) {
      this.#break(() => this.#tooDeep(place))
      return []
    }
    this.#open.add(node)
    const parts = walk()
    this.#open.delete(node)
    return parts
  }

  /** What an alias stands for, with the places of where its anchor is. */
  #follow(alias: Alias, place: Place): Value {
    const name = alias.source
    const length = name.length + 1
    const target = this.#targets.get(alias) ?? this.#anchors.get(name)
    if (target === undefined) {
      this.#break(() => this.#problems.error('yaml-anchor', { name }, place, { length, hint: `Set it above this line, as in "key: &${name} value".` }))
      return nothing(place)
    }
    if (this.#open.has(target)) {
      this.#break(() => this.#problems.error('yaml-circle', { name }, place, { length, hint: 'An alias cannot stand inside of what it stands for.' }))
      return nothing(place)
    }
    this.#targets.set(alias, target)
    this.#following += 1
    const value = this.#value(target, place)
    this.#following -= 1
    if (this.#following === 0 && this.#aliased > mostAliased) {
      this.#break(() => this.#problems.error('yaml-aliases', { limit: mostAliased }, place, { length, hint: 'Aliases of anchors that hold aliases multiply: write out what is meant.' }))
    }
    return value
  }

  /** Inside of an alias the anchors are those of before. */
  #remember(node: Exclude<Node, Alias>): void {
    if (this.#following === 0 && node.anchor !== undefined) this.#anchors.set(node.anchor, node)
  }

  #tooDeep(place: Place): void {
    this.#problems.error('yaml-deep', { limit: mostLevels }, place, { hint: 'No option needs that many: look for brackets that are not closed.' })
  }

  #break(tell: () => void): void {
    if (!this.#broken) tell()
    this.#broken = true
  }

  #placeOf(node: unknown, fallback: Place): Place {
    const range = isNode(node) ? node.range : undefined
    return range === undefined || range === null ? fallback : this.#place(range[0])
  }

  #place(offset: number): Place {
    const { line, col } = this.#counter.linePos(offset)
    return { file: this.#file, line: Math.max(1, line), column: Math.max(1, col) }
  }
}

/** The text of a scalar as written: `0.20`, `On`, `007` stay what they are. */
function sourceOf(scalar: { readonly value: unknown; readonly type?: string; readonly source?: string }): string {
  if (typeof scalar.value === 'string') return scalar.value
  if (scalar.value === null && scalar.source !== 'null') return ''
  return scalar.source ?? String(scalar.value)
}

function nothing(place: Place): Value {
  return { kind: 'scalar', text: '', plain: null, place }
}

function isEmpty(value: Value): boolean {
  return value.kind === 'scalar' && value.text === ''
}
