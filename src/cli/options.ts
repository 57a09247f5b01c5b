/** The commands and their flags as data: parsing, help and proposals all come from here. */

import { parseArgs } from 'node:util'

import { FantailError } from '../errors.ts'
import { nearest } from '../lib/edit-distance.ts'
import { table, type Io } from './io.ts'

export interface Flag {
  readonly name: string
  readonly short?: string
  /** What the value is, for help; a flag without it is on or off. */
  readonly value?: string
  readonly doc: string
}

export interface Arguments {
  readonly positionals: readonly string[]
  /** Was the flag given? */
  has(name: string): boolean
  /** The value of a flag; the last one when it is repeated. */
  value(name: string): string | undefined
}

export interface Command {
  readonly name: string
  /** Positional arguments, for help. */
  readonly usage: string
  readonly summary: string
  readonly flags: readonly Flag[]
  /** The least number of positional arguments, and what they are. */
  readonly least?: { readonly count: number; readonly what: string }
  /** Loaded when the command runs, so that the agent does not carry the other commands. */
  readonly load: () => Promise<{ readonly run: (args: Arguments, io: Io) => Promise<number> }>
}

const config: Flag = { name: 'config', short: 'c', value: 'FILE', doc: 'The configuration, YAML or classic.' }
const state: Flag = {
  name: 'state',
  short: 's',
  value: 'PATH',
  doc: 'The folder of buffer and positions (storage.path); the default place when not given.'
}
const elsewhere: Flag = {
  name: 'elsewhere',
  doc: 'The configuration is for another machine: do not look for its files and folders here.'
}

export const commands: readonly Command[] = [
  {
    name: 'run',
    usage: '-c FILE',
    summary: 'Runs the agent on a configuration.',
    flags: [config],
    load: () => import('./run.ts')
  },
  {
    name: 'validate',
    usage: '-c FILE',
    summary: 'Tells all problems of a configuration; exit code 1 when there are errors.',
    flags: [
      config,
      { name: 'explain', doc: 'List the settings that lose data in Fluent Bit, and what Fantail does instead.' },
      elsewhere
    ],
    load: () => import('./validate.ts')
  },
  {
    name: 'tail',
    usage: 'FILE…',
    summary: 'Follows files and shows them, with level, time and message picked out.',
    flags: [
      { name: 'json', doc: 'Print every record as one line of JSON.' },
      { name: 'grep', value: 'REGEX', doc: 'Only lines that match.' },
      { name: 'since-start', doc: 'Begin with what the files hold already.' }
    ],
    least: { count: 1, what: 'a file' },
    load: () => import('./tail.ts')
  },
  {
    name: 'buffer',
    usage: 'ls|verify|export|repair|forget [OUTPUT]',
    summary: 'Looks into the buffer of an agent that is not running: what waits for whom, is it sound, take it out.',
    flags: [state, config, { name: 'output', value: 'NAME', doc: 'With export: only what this output has not had yet.' }],
    least: { count: 1, what: 'what to do: ls, verify, export, repair or forget' },
    load: () => import('./buffer.ts')
  },
  {
    name: 'dlq',
    usage: 'ls|show|replay [OUTPUT]',
    summary: 'Dead letters: records that a destination refused.',
    flags: [state, config],
    least: { count: 1, what: 'what to do: ls, show or replay' },
    load: () => import('./dead-letters.ts')
  },
  {
    name: 'ledger',
    usage: '',
    summary: 'Shows where every record went: the terms of both equations and whether they balance.',
    flags: [state, config],
    load: () => import('./ledger.ts')
  },
  {
    name: 'describe',
    usage: '[PLUGIN]',
    summary: 'Shows a plugin\'s options; without a name, the plugins there are.',
    flags: [],
    load: () => import('./describe.ts')
  },
  {
    name: 'schema',
    usage: '',
    summary: 'Prints the JSON Schema of configurations, for editors.',
    flags: [],
    load: () => import('./schema.ts')
  }
]

/** The command of that name, with its help flag; an error with a proposal when there is none. */
export function commandOf(name: string): Command | undefined {
  return commands.find((command) => command.name === name)
}

/** Reads `argv` as the flags and arguments of `command`. Throws a FantailError that says what is wrong. */
export function parseCommand(command: Command, argv: readonly string[]): Arguments {
  const flags = [...command.flags, { name: 'help', short: 'h', doc: '' }]
  const options = Object.fromEntries(flags.map((flag: Flag) => [flag.name, {
    type: flag.value === undefined ? 'boolean' as const : 'string' as const,
    multiple: true as const,
    ...(flag.short === undefined ? {} : { short: flag.short })
  }]))
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true, allowPositionals: true })
  const positionals: string[] = []
  const given = new Map<string, string | undefined>()
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const flag: Flag | undefined = flags.find(({ name }) => name === token.name)
    if (flag === undefined) throw new FantailError('unknown-flag', { flag: withProposal(token.rawName, flags) })
    if (flag.value !== undefined && token.value === undefined) throw new FantailError('flag-value', { flag: token.rawName })
    given.set(token.name, token.value)
  }
  const least = given.has('help') ? 0 : command.least?.count ?? 0
  if (positionals.length < least) {
    throw new FantailError('argument-missing', { command: command.name, what: command.least?.what ?? '' })
  }
  return { positionals, has: (name) => given.has(name), value: (name) => given.get(name) }
}

/** Help on one command. */
export function commandHelp(command: Command): string {
  const rows = command.flags.map((flag) => {
    const short = flag.short === undefined ? '    ' : `-${flag.short}, `
    return [`${short}--${flag.name}${flag.value === undefined ? '' : ` ${flag.value}`}`, flag.doc] as const
  })
  const usage = `Usage: fantail ${command.name} ${command.usage}`.trimEnd()
  return [usage, '', command.summary, ...(rows.length === 0 ? [] : ['', ...table(rows)])].join('\n')
}

function withProposal(flag: string, flags: readonly Flag[]): string {
  const near = nearest(flag, flags.map(({ name }) => `--${name}`))
  return near === undefined ? flag : `${flag} (did you mean ${near}?)`
}
