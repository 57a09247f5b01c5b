/** What of a record becomes labels of its stream or structured metadata of its line, as JSON objects of texts. */
import { readFileSync } from 'node:fs'
import { compileAccessor, compileTemplate, type Accessor, type Template } from '../../event/accessor.ts'
import type { Pool } from '../../event/pool.ts'
import type { Record } from '../../event/record.ts'
import { PluginError } from '../../plugin/context.ts'
import { atOption } from '../shared/accessors.ts'

/** One label: a fixed text, or a value of the record. */
interface Label {
  readonly name: string
  readonly value: string | Template
}

/** Labels of one kind, with the accessors of the record that they are made of. */
export interface LabelSet {
  readonly labels: readonly Label[]
  readonly maps: readonly Accessor[]
  readonly taken: readonly Accessor[]
}

/** Without prototype: a record may have any key, `__proto__` too. */
interface Texts {
  [name: string]: string
}

/** Reads `name=text`, `name=$accessor` and `$accessor`. Throws PluginError. */
export function readLabels(option: string, given: readonly string[], maps: readonly string[], mapOption: string, pool: Pool): LabelSet {
  const taken: Accessor[] = []
  const labels = given.map((text): Label => atOption(option, () => {
    if (text.startsWith('$')) return valueLabel(text, undefined, taken, pool)
    const at = text.indexOf('=')
    const [name, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()]
    if (at < 0 || name === '' || value === '') throw new PluginError(`${text} is neither name=value nor an accessor`, option)
    return value.startsWith('$') ? valueLabel(value, name, taken, pool) : { name: labelName(name), value }
  }))
  return { labels, maps: maps.map((text) => atOption(mapOption, () => accessor(text, mapOption, pool))), taken }
}

function valueLabel(text: string, name: string | undefined, taken: Accessor[], pool: Pool): Label {
  const template = compileTemplate(text, pool)
  const only = /^\$TAG\b/.test(text) ? undefined : compileAccessor(text, pool)
  if (only !== undefined) taken.push(only)
  return { name: labelName(name ?? (only === undefined ? text.slice(1) : [only.key.text, ...only.path].join('_'))), value: template }
}

function accessor(text: string, option: string, pool: Pool): Accessor {
  if (!text.startsWith('$')) throw new PluginError(`${text} is no accessor: it begins with $`, option)
  return compileAccessor(text, pool)
}

/** The labels that a label map names. Throws PluginError. */
export function readLabelMap(file: string, pool: Pool): LabelSet {
  let map: unknown
  try {
    map = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new PluginError(`cannot read ${file}: ${(error as Error).message}`, 'label_map_path', true)
  }
  const labels: Label[] = []
  const taken: Accessor[] = []
  const walk = (node: unknown, path: readonly string[]): void => {
    if (typeof node === 'string' && path.length > 0) {
      labels.push(valueLabel(`$${path.map((step) => `['${step.replaceAll("'", "''")}']`).join('')}`, node, taken, pool))
    } else if (typeof node === 'object' && node !== null && !Array.isArray(node)) {
      for (const [key, inner] of Object.entries(node)) walk(inner, [...path, key])
    } else throw new PluginError(`${file}: ${path.join('.') || 'the file'} must be a text or an object`, 'label_map_path')
  }
  walk(map, [])
  return { labels, maps: [], taken }
}

export function joinSets(...sets: readonly LabelSet[]): LabelSet {
  return {
    labels: sets.flatMap(({ labels }) => labels),
    maps: sets.flatMap(({ maps }) => maps),
    taken: sets.flatMap(({ taken }) => taken)
  }
}

/** Whether the labels of all records are the same. */
export function isFixed({ labels, maps }: LabelSet): boolean {
  return maps.length === 0 && labels.every(({ value }) => typeof value === 'string')
}

/** The JSON object of a record's labels; of labels of one name the last counts, and empty ones are left out. */
export function labelText({ labels, maps }: LabelSet, record: Record | undefined, tag: string): string {
  const found: Texts = Object.create(null) as Texts
  if (record !== undefined) for (const map of maps) addMap(map, record, found)
  for (const { name, value } of labels) {
    const text = typeof value === 'string' ? value : record === undefined ? undefined : value.fillAll(record, tag)
    if (text !== undefined && text !== '') found[name] = text.toWellFormed()
  }
  return JSON.stringify(found)
}

function addMap(map: Accessor, record: Record, found: Texts): void {
  if (!map.locate(record)) return
  const value = map.value()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  for (const [key, inner] of Object.entries(value)) {
    const text = typeof inner === 'string' ? inner : JSON.stringify(inner)
    if (key !== '' && text !== '') found[labelName(key)] = text.toWellFormed()
  }
}

/** A name that Prometheus and Loki take: letters, digits and `_`, no digit in front. */
export function labelName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9_]/g, '_')
  return /^\d/.test(name) ? `_${name}` : name
}
