/**
 * Fluent Bit's own command line, so that replacing the binary is enough: `fantail -c FILE`, or a pipeline written out
 * with -i, -F and -o. What Fluent Bit tolerates is a warning here. Flags and letters are those of 5.1 (fluent-bit.c).
 */

import type { Entry, Section } from '../config/document.ts'
import type { Place } from '../config/fields.ts'
import { FantailError } from '../errors.ts'
import { nearest } from '../lib/edit-distance.ts'

/** What a flag does; `refused` flags say why, `ignored` ones are accepted without effect. */
type Meaning = 'input' | 'filter' | 'output' | 'property' | 'match' | 'tag' | 'config' | 'parser' | 'service' | 'verbose' |
  'quiet' | 'dry-run' | 'http' | 'stack' | 'workdir' | 'schema' | 'reload' | 'help' | 'version' | 'ignored' | 'refused'

export interface FluentBitFlag {
  readonly short: string
  readonly long: string
  readonly value?: string
  readonly doc: string
  readonly meaning: Meaning
  /** With `service`: the option that is set. */
  readonly option?: string
}

export const fluentBitFlags: readonly FluentBitFlag[] = [
  { short: 'c', long: 'config', value: 'FILE', doc: 'the configuration, YAML or classic', meaning: 'config' },
  { short: 'R', long: 'parser', value: 'FILE', doc: 'a file with parsers', meaning: 'parser' },
  { short: 'i', long: 'input', value: 'INPUT', doc: 'an input plugin', meaning: 'input' },
  { short: 'F', long: 'filter', value: 'FILTER', doc: 'a filter plugin', meaning: 'filter' },
  { short: 'o', long: 'output', value: 'OUTPUT', doc: 'an output plugin', meaning: 'output' },
  { short: 'p', long: 'prop', value: 'KEY=VALUE', doc: 'an option of the plugin before it', meaning: 'property' },
  { short: 't', long: 'tag', value: 'TAG', doc: 'the tag of the input before it', meaning: 'tag' },
  { short: 'm', long: 'match', value: 'MATCH', doc: 'the match of the filter or output before it', meaning: 'match' },
  { short: 'f', long: 'flush', value: 'SECONDS', doc: 'longest wait before records are sent', meaning: 'service', option: 'flush' },
  { short: 'b', long: 'storage_path', value: 'PATH', doc: 'folder of buffer and positions', meaning: 'service', option: 'storage.path' },
  { short: 's', long: 'coro_stack_size', value: 'PATH', doc: 'as -b; a number (a stack size there) has no effect', meaning: 'stack' },
  { short: 'l', long: 'log_file', value: 'FILE', doc: 'file of the agent\'s own log', meaning: 'service', option: 'log_file' },
  { short: 'H', long: 'http', doc: 'serve metrics and health over HTTP', meaning: 'http' },
  { short: 'L', long: 'listen', value: 'ADDRESS', doc: 'address of the HTTP server', meaning: 'service', option: 'http_listen' },
  { short: 'P', long: 'port', value: 'PORT', doc: 'port of the HTTP server', meaning: 'service', option: 'http_port' },
  { short: 'w', long: 'workdir', value: 'PATH', doc: 'working directory', meaning: 'workdir' },
  { short: 'v', long: 'verbose', doc: 'a more talkative log; -vv for all of it', meaning: 'verbose' },
  { short: 'q', long: 'quiet', doc: 'no log', meaning: 'quiet' },
  { short: 'D', long: 'dry-run', doc: 'check the configuration and end', meaning: 'dry-run' },
  { short: 'J', long: 'jsonschema', doc: 'print the JSON Schema of configurations', meaning: 'schema' },
  { short: 'V', long: 'version', doc: 'print the version', meaning: 'version' },
  { short: 'h', long: 'help', doc: 'this help; after -i, -F or -o, help on the plugin', meaning: 'help' },
  { short: 'd', long: 'daemon', doc: 'no effect: the agent stays in the foreground', meaning: 'ignored' },
  { short: 'Z', long: 'enable-chunk-trace', doc: 'no effect', meaning: 'ignored' },
  { short: 'Y', long: 'enable-hot-reload', doc: 'load the configuration again on SIGHUP and on request', meaning: 'reload' },
  { short: 'W', long: 'disable-thread-safety-on-hot-reload', doc: 'no effect', meaning: 'ignored' },
  { short: 'e', long: 'plugin', value: 'FILE', doc: 'refused: shared libraries cannot be loaded', meaning: 'refused' },
  { short: 'C', long: 'custom', value: 'CUSTOM', doc: 'refused: there are no custom plugins', meaning: 'refused' },
  { short: 'T', long: 'sp-task', value: 'SQL', doc: 'refused: there is no stream processor', meaning: 'refused' },
  { short: 'r', long: 'processor', value: 'PROCESSOR', doc: 'refused: write processors in a YAML file', meaning: 'refused' },
  { short: 'S', long: 'sosreport', doc: 'refused: use validate and describe', meaning: 'refused' }
]

export interface FluentBitLine {
  readonly config: string | undefined
  readonly workdir: string | undefined
  readonly action: 'run' | 'dry-run' | 'help' | 'version' | 'schema' | 'reload'
  /** With `help`: the plugin that was named before it. */
  readonly plugin: { readonly kind: 'input' | 'filter' | 'output'; readonly name: string } | undefined
  /** What the line itself configures, with places that point into `text`. */
  readonly sections: readonly Section[]
  readonly file: string
  readonly text: string
}

interface Instance {
  readonly type: 'input' | 'filter' | 'output'
  readonly title: string
  readonly place: Place
  readonly entries: Entry[]
}

const file = 'command line'

/** Reads a command line without the program's name. Throws a FantailError that says what is wrong. */
export function parseFluentBit(argv: readonly string[]): FluentBitLine {
  const program = 'fantail'
  const service: Entry[] = []
  const instances: Instance[] = []
  let config: string | undefined
  let workdir: string | undefined
  let action: FluentBitLine['action'] = 'run'
  let verbosity = 0
  let column = program.length + 2

  const words = argv.map((text) => {
    const place = { file, line: 1, column }
    column += text.length + 1
    return { text, place }
  })
  for (let index = 0; index < words.length; index++) {
    for (const { flag, value, place } of readWord(words, () => ++index, index)) {
      const current = instances.at(-1)
      const set = (option: string, text: string): void => void service.push(entryOf(option, text, place))
      switch (flag.meaning) {
        case 'input':
        case 'filter':
        case 'output':
          instances.push({ type: flag.meaning, title: flag.meaning, place, entries: nameEntries(flag.meaning, value, place) })
          break
        case 'property': {
          const equals = value.indexOf('=')
          if (equals < 1) throw new FantailError('flag-value', { flag: '-p' })
          const text = value.slice(equals + 1)
          own(current, '-p').push(entryOf(value.slice(0, equals).trim(), text, place, equals + 1))
          break
        }
        case 'tag':
        case 'match':
          own(current, `-${flag.short}`).push(entryOf(flag.meaning, value, place))
          break
        case 'config':
          config = value
          break
        case 'parser':
          set('parsers_file', value)
          break
        case 'service':
          set(flag.option ?? flag.long, value)
          break
        case 'stack':
          // The letter is a stack size there; a path after it is meant as the storage path.
          if (!/^\d+[kmg]?b?$/i.test(value)) set('storage.path', value)
          break
        case 'http':
          set('http_server', 'on')
          break
        case 'reload':
          set('hot_reload', 'on')
          break
        case 'verbose':
          verbosity++
          break
        case 'quiet':
          set('log_level', 'off')
          break
        case 'workdir':
          workdir = value
          break
        case 'dry-run':
        case 'help':
        case 'version':
        case 'schema':
          action = flag.meaning
          break
        case 'refused':
          throw new FantailError('flag-unsupported', { flag: `-${flag.short}`, reason: flag.doc.replace('refused: ', '') })
        case 'ignored':
          break
      }
    }
  }
  const start = { file, line: 1, column: program.length + 2 }
  if (verbosity > 0) service.push(entryOf('log_level', verbosity > 1 ? 'trace' : 'debug', start))
  const last = instances.at(-1)
  const name = last?.entries[0]?.value
  return {
    config,
    workdir,
    action,
    plugin: last === undefined ? undefined : { kind: last.type, name: name?.kind === 'scalar' ? name.text : '' },
    sections: [
      ...(service.length === 0 ? [] : [{ type: 'service', title: 'service', place: start, entries: service }]),
      ...instances
    ],
    file,
    text: `${program} ${argv.join(' ')}`
  }
}

interface Word {
  readonly text: string
  readonly place: Place
}

interface Read {
  readonly flag: FluentBitFlag
  readonly value: string
  readonly place: Place
}

/** The flags of one word, as getopt reads them: `--long=value`, `--long value`, `-abc`, `-xvalue`, `-x value`. */
function readWord(words: readonly Word[], next: () => number, index: number): Read[] {
  const { text, place } = words[index] ?? { text: '', place: { file, line: 1, column: 1 } }
  const following = (flag: string): Word => {
    const word = words[next()]
    if (word === undefined) throw new FantailError('flag-value', { flag })
    return word
  }
  const read = (flag: FluentBitFlag, spelled: string): Read => {
    const word = following(spelled)
    return { flag, value: word.text, place: word.place }
  }
  if (text.startsWith('--')) {
    const equals = text.indexOf('=')
    const long = text.slice(2, equals < 0 ? undefined : equals)
    const flag = fluentBitFlags.find((one) => one.long === long)
    if (flag === undefined) throw unknownFlag(`--${long}`)
    if (flag.value === undefined) return [{ flag, value: '', place }]
    if (equals < 0) return [read(flag, `--${long}`)]
    return [{ flag, value: text.slice(equals + 1), place: { ...place, column: place.column + equals + 1 } }]
  }
  if (!/^-./.test(text)) throw new FantailError('unknown-flag', { flag: text })
  const found: Read[] = []
  for (let at = 1; at < text.length; at++) {
    const letter = text[at] ?? ''
    const flag = fluentBitFlags.find((one) => one.short === letter)
    if (flag === undefined) throw unknownFlag(`-${letter}`)
    if (flag.value === undefined) {
      found.push({ flag, value: '', place })
      continue
    }
    if (at + 1 === text.length) found.push(read(flag, `-${letter}`))
    else found.push({ flag, value: text.slice(at + 1), place: { ...place, column: place.column + at + 1 } })
    break
  }
  return found
}

function unknownFlag(flag: string): FantailError {
  const near = flag.startsWith('--') ? nearest(flag, fluentBitFlags.map(({ long }) => `--${long}`)) : undefined
  return new FantailError('unknown-flag', { flag: near === undefined ? flag : `${flag} (did you mean ${near}?)` })
}

function own(instance: Instance | undefined, flag: string): Entry[] {
  if (instance === undefined) throw new FantailError('flag-order', { flag })
  return instance.entries
}

/** A plugin may be given with its destination: `es://host:9200/index/type`, `http://host/path`. */
function nameEntries(kind: string, value: string, place: Place): Entry[] {
  const parts = /^([\w-]+):\/\/(\[[^\]]*\]|[^:/]*)(?::(\d+))?(\/.*)?$/.exec(value)
  if (parts === null) return [entryOf('name', value, place)]
  const [, name = '', host = '', port, path = ''] = parts
  const entries = [entryOf('name', name, place)]
  const add = (option: string, text: string | undefined): void => {
    if (text !== undefined && text !== '') entries.push(entryOf(option, text, place))
  }
  add(kind === 'input' ? 'listen' : 'host', host.replace(/^\[(.*)\]$/, '$1'))
  add('port', port)
  const [index, type] = path.slice(1).split('/')
  if (/^(es|opensearch)$/i.test(name)) {
    add('index', index)
    add('type', type)
  } else {
    add('uri', path)
  }
  return entries
}

function entryOf(key: string, text: string, place: Place, offset = 0): Entry {
  const at = { ...place, column: place.column + offset }
  return { key, place, value: { kind: 'scalar', text, plain: text, place: at } }
}
