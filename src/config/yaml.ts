/**
 * Fluent Bit's YAML configuration as a document. Every scalar is text, as Fluent Bit has it; what an unquoted one means
 * in YAML is kept beside it for structures. Repeated keys are kept in order.
 */

import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml'

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

/** The sections of a YAML text, in order; syntax errors become problems with YAML's own place and reason. */
export function readYaml(text: string, file: string, problems: Problems): Section[] {
  const reader = new Reader(text, file, problems)
  return reader.sections()
}

class Reader {
  readonly #document: Document
  readonly #counter = new LineCounter()
  readonly #file: string
  readonly #problems: Problems

  constructor(text: string, file: string, problems: Problems) {
    this.#file = file
    this.#problems = problems
    this.#document = parseDocument(text, { lineCounter: this.#counter, uniqueKeys: false, prettyErrors: false })
    for (const error of this.#document.errors) {
      const reason = error.message.replace(/\s+/g, ' ')
      problems.error('yaml-syntax', { reason }, this.#place(error.pos[0]), {
        hint: text.includes('\t') ? 'Indent with blanks: YAML does not take tabs.' : undefined
      })
    }
  }

  sections(): Section[] {
    if (this.#document.errors.length > 0 || this.#document.contents === null) return []
    const root = this.#value(this.#document.contents, this.#place(0))
    if (root.kind !== 'map') {
      this.#shape('a configuration', 'a map with pipeline, service and so on', root)
      return []
    }
    return root.entries.flatMap((entry) => this.#topLevel(entry))
  }

  #topLevel(entry: Entry): Section[] {
    const type = entry.key.toLowerCase()
    const each = lists[type]
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
      const type = pipelineLists[entry.key.toLowerCase()]
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
      this.#shape('an item of env', 'a map with a name', item)
      return []
    })
    return { ...section, entries }
  }

  #map(value: Value, what: string): Mapping | undefined {
    if (value.kind === 'map') return value
    this.#shape(what, 'a map', value)
    return undefined
  }

  #shape(what: string, expected: string, value: Value): void {
    this.#problems.error('yaml-shape', { what, expected, found: nounOf(value) }, value.place)
  }

  #value(node: unknown, fallback: Place): Value {
    if (isAlias(node)) return this.#value(node.resolve(this.#document), fallback)
    if (isMap(node)) {
      const place = this.#placeOf(node, fallback)
      const entries = node.items.map((pair): Entry => {
        const keyPlace = this.#placeOf(pair.key, place)
        const key = isScalar(pair.key) ? sourceOf(pair.key) : String(pair.key)
        return { key, place: keyPlace, value: this.#value(pair.value, keyPlace) }
      })
      return { kind: 'map', entries, place }
    }
    if (isSeq(node)) {
      const place = this.#placeOf(node, fallback)
      return { kind: 'list', items: node.items.map((item) => this.#value(item, place)), place }
    }
    if (isScalar(node)) {
      return { kind: 'scalar', text: sourceOf(node), plain: node.value, place: this.#placeOf(node, fallback) }
    }
    return { kind: 'scalar', text: '', plain: null, place: fallback }
  }

  #placeOf(node: unknown, fallback: Place): Place {
    const range = (isScalar(node) || isMap(node) || isSeq(node)) ? node.range : undefined
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

function isEmpty(value: Value): boolean {
  return value.kind === 'scalar' && value.text === ''
}
