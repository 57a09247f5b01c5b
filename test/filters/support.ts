import { bodyRoom, encodeBody } from '../../src/event/encode.ts'
import { scanObject } from '../../src/event/json-scan.ts'
import { Pool } from '../../src/event/pool.ts'
import { BLOCK, RAW_TEXT, Record } from '../../src/event/record.ts'
import type { Fields, Given, OptionsOf } from '../../src/config/fields.ts'
import { defaultOf, parseValue } from '../../src/config/values.ts'
import { filters, processors } from '../../src/filters/index.ts'
import type { Filter, FilterContext } from '../../src/plugin/filter.ts'
import type { Parser } from '../../src/plugin/parser.ts'

/** Properties as a YAML file would give them. */
export interface Properties {
  readonly [name: string]: string | number | boolean | readonly (string | number | boolean)[]
}

export interface Message {
  readonly level: string
  readonly text: string
}

export interface Built {
  readonly filter: Filter
  readonly pool: Pool
  readonly record: Record
  readonly messages: Message[]
  readonly emitted: { readonly tag: string; readonly body: string }[]
  readonly finished: number[]
}

const place = { file: 'test.yaml', line: 1, column: 1 }

/** A filter as a configuration makes it, with a scratch record to put through it. */
export async function build(
  name: string, properties: Properties, parsers: (name: string, pool: Pool) => Parser | undefined = () => undefined
): Promise<Built> {
  const spec = await (filters[name] ?? processors[name])?.()
  if (spec === undefined) throw new Error(`there is no filter ${name}`)
  const pool = new Pool()
  const record = new Record(pool)
  const messages: Message[] = []
  const emitted: { tag: string; body: string }[] = []
  const finished: number[] = []
  const { given, options } = read(spec.options, properties)
  const logTo = (level: string) => (text: string): void => { messages.push({ level, text }) }
  const context: FilterContext = {
    name: `${name}.0`,
    log: { error: logTo('error'), warn: logTo('warn'), info: logTo('info'), debug: logTo('debug') },
    meter: { counter: () => ({ value: 0 }), gauge: () => undefined, gauges: () => undefined },
    pool,
    given,
    parser: (wanted) => parsers(wanted, pool),
    joiner: (names) => Object.assign(() => { throw new Error('nothing is joined here') }, { names }),
    emit: (tag, sent) => { emitted.push({ tag, body: bodyOf(sent) }) },
    finish: (code) => { finished.push(code) }
  }
  const filter = await spec.create(options, context)
  return { filter, pool, record, messages, emitted, finished }
}

function read(fields: Fields, properties: Properties): { given: Given[]; options: OptionsOf<Fields> } {
  const given: Given[] = []
  const options: { [name: string]: unknown } = {}
  for (const [name, field] of Object.entries(fields)) options[name] = defaultOf(field)
  for (const [written, values] of Object.entries(properties)) {
    const name = Object.keys(fields).find((known) => known === written || fields[known]!.aliases?.includes(written))
    if (name === undefined) throw new Error(`there is no option ${written}`)
    const field = fields[name]!
    for (const value of Array.isArray(values) ? (values as readonly unknown[]) : [values]) {
      const parsed = parseValue(field, String(value))
      if (!parsed.ok) throw new Error(`${written}: wrong value ${String(value)}`)
      given.push({ name, value: String(value), place })
      options[name] = field.multiple === true ? [...(options[name] as unknown[]), parsed.value] : parsed.value
    }
  }
  return { given, options }
}

/** Fills the record from a line of JSON. */
export function fill(record: Record, line: string): void {
  const block = Buffer.from(line)
  record.reset()
  record.setTime(1, 2)
  record.useBlock(block)
  if (scanObject(record, BLOCK, 0, block.length, true) < 0) throw new Error(`not an object: ${line}`)
}

/** Fills the record from a line of a container's log, as the cri parser does. */
export function fillCri(record: Record, line: string): void {
  const block = Buffer.from(line)
  record.reset()
  record.setTime(1, 2)
  record.useBlock(block)
  const parts = /^(\S+) (\S+) (\S) /.exec(line)!
  let at = 0
  for (const [i, name] of ['time', 'stream', '_p'].entries()) {
    record.append(record.pool.key(name), BLOCK, at, at + parts[i + 1]!.length, RAW_TEXT)
    at += parts[i + 1]!.length + 1
  }
  record.append(record.pool.key('log'), BLOCK, at, block.length, RAW_TEXT)
}

/** The record as JSON text. */
export function bodyOf(record: Record): string {
  const bytes = Buffer.alloc(bodyRoom(record))
  return bytes.toString('utf8', 0, encodeBody(record, bytes, 0, null))
}

/** What becomes of lines of JSON: their bodies, undefined for a record that was dropped. */
export async function run(
  name: string, properties: Properties, lines: readonly (string | object)[], tag = 'app'
): Promise<(string | undefined)[]> {
  const built = await build(name, properties)
  return through(built, lines, tag)
}

export function through(built: Built, lines: readonly (string | object)[], tag = 'app'): (string | undefined)[] {
  const filter = built.filter.forTag(tag)
  return lines.map((line) => {
    fill(built.record, typeof line === 'string' ? line : JSON.stringify(line))
    return filter(built.record) ? bodyOf(built.record) : undefined
  })
}

/** A parser with named groups, sound enough for tests; `size` is a number. */
export function regexParser(name: string, pattern: string, pool: Pool, numbers: readonly string[] = []): Parser {
  const regex = new RegExp(pattern)
  for (const [, group] of pattern.matchAll(/\(\?<(\w+)>/g)) pool.key(group!)
  return {
    name,
    parse(record, source, start, end) {
      const groups = regex.exec(record.bytes[source].toString('utf8', start, end))?.groups
      if (groups === undefined) return false
      for (const [group, text] of Object.entries(groups)) {
        if (numbers.includes(group)) record.setJson(pool.key(group), text)
        else record.setText(pool.key(group), text)
      }
      return true
    }
  }
}

export function jsonParser(name: string): Parser {
  return { name, parse: (record, source, start, end) => scanObject(record, source, start, end, true) >= 0 }
}

