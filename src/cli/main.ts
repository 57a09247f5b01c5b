/** From the command line to an exit code: a command of ours, or Fluent Bit's own command line. */


import { planSections, type Result } from '../config/make-plan.ts'
import { ConfigurationError, renderProblems } from '../config/problem.ts'
import { FantailError } from '../errors.ts'
import { wantCompilers } from '../lib/compilers.ts'
import { nearest } from '../lib/edit-distance.ts'
import { version } from '../lib/version.ts'
import { fluentBitFlags, parseFluentBit, type FluentBitLine } from './fluent-bit.ts'
import { print, table, type Io } from './io.ts'
import { commandHelp, commandOf, commands, parseCommand } from './options.ts'

/** Runs what `argv` (without the program) asks for. Returns the exit code; failures are told, never thrown. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(argv, io)
  } catch (error) {
    if (error instanceof ConfigurationError) io.err(`${renderProblems(error.problems, new Map())}\n`)
    else if (error instanceof FantailError) io.err(`fantail: ${error.message}\n`)
    else throw error
    return 1
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const [first, ...rest] = argv
  if (first === 'help') {
    const command = commandOf(rest[0] ?? '')
    print(io, command === undefined ? help() : commandHelp(command))
    return 0
  }
  if (first === undefined || first.startsWith('-')) return await fluentBit(parseFluentBit(argv), io)
  const command = commandOf(first)
  if (command === undefined) {
    const near = nearest(first, commands.map(({ name }) => name))
    throw new FantailError('unknown-command', { command: near === undefined ? first : `${first} (did you mean ${near}?)` })
  }
  const args = parseCommand(command, rest)
  if (args.has('help')) {
    print(io, commandHelp(command))
    return 0
  }
  // an agent may be idle; what works a buffer or dead letters through is not
  if (command.name !== 'run') wantCompilers()
  const { run } = await command.load()
  return await run(args, io)
}

async function fluentBit(line: FluentBitLine, io: Io): Promise<number> {
  if (line.action === 'version') {
    print(io, `Fantail v${version()}`)
    return 0
  }
  if (line.action === 'schema') return await (await import('./schema.ts')).run(noArguments, io)
  const { loadTables } = await import('./tables.ts')
  if (line.action === 'help') {
    if (line.plugin === undefined) print(io, help())
    else return (await import('./describe.ts')).describePlugin(line.plugin.name, line.plugin.kind, await loadTables(), io)
    return 0
  }
  if (line.workdir !== undefined) process.chdir(line.workdir)
  if (line.config === undefined && !line.sections.some(({ type }) => type === 'input')) {
    throw new FantailError('nothing-to-run')
  }
  const sources = new Map([[line.file, line.text]])
  const { start, tellProblems, tellRefusals } = await import('./run.ts')
  const load = (): Promise<Result> => planSections(line.sections, sources, io.env, loadTables, { tolerant: true }, line.config)
  if (line.action === 'run') return await start(load, io, false)
  const result = await load()
  tellProblems(result, io)
  if (result.plan === undefined || await tellRefusals(result.plan, io)) return 1
  print(io, 'configuration test is successful')
  return 0
}

/** Help on everything: the commands, then Fluent Bit's own flags. */
export function help(): string {
  return [
    `Fantail v${version()}: ships logs, and loses none.`,
    '',
    'Usage: fantail COMMAND [FLAGS]',
    '       fantail -c FILE, and all of Fluent Bit\'s own command line',
    '',
    ...table(commands.map(({ name, usage, summary }) => [`${name} ${usage}`.trimEnd(), summary] as const)),
    '',
    'fantail help COMMAND tells the flags of a command. Fluent Bit\'s own:',
    '',
    ...table(fluentBitFlags.map(({ short, long, value, doc }) => {
      return [`-${short}, --${long}${value === undefined ? '' : `=${value}`}`, doc] as const
    }))
  ].join('\n')
}

const noArguments = { positionals: [], has: () => false, value: () => undefined }
