/** `fantail dlq ls|show|replay`: records that a destination refused, with the reason. */

import { FantailError } from '../errors.ts'
import { nearest } from '../lib/edit-distance.ts'
import { listDeadLetters, requestReplay, showDeadLetters } from '../pipeline/dead-letters.ts'
import { print, table, type Io } from './io.ts'
import type { Arguments } from './options.ts'
import { stateOf } from './state.ts'

const actions = { ls, show, replay }

export async function run(args: Arguments, io: Io): Promise<number> {
  const [action = '', output] = args.positionals
  const act = Object.entries(actions).find(([name]) => name === action)?.[1]
  if (act === undefined) {
    const near = nearest(action, Object.keys(actions))
    throw new FantailError('unknown-command', { command: `dlq ${action}${near === undefined ? '' : ` (did you mean ${near}?)`}` })
  }
  const folder = (await stateOf(args, io)).deadLetters
  if (act === ls) return await ls(folder, io)
  if (output === undefined) throw new FantailError('argument-missing', { command: `dlq ${action}`, what: 'an output' })
  const outputs = new Set((await listDeadLetters(folder)).map((file) => file.output))
  if (!outputs.has(output)) throw new FantailError('no-dead-letters', { output })
  return act === show ? await show(folder, io, output) : await replay(folder, io, output)
}

async function ls(folder: string, io: Io): Promise<number> {
  const files = await listDeadLetters(folder)
  const outputs = Map.groupBy(files, ({ output }) => output)
  if (outputs.size === 0) print(io, `No dead letters in ${folder}.`)
  print(io, ...table([...outputs].map(([output, own]) => {
    const bytes = own.reduce((sum, file) => sum + file.bytes, 0)
    const again = own.filter(({ replaying }) => replaying).length
    return [output, `${own.length} files, ${bytes} bytes${again > 0 ? `, ${again} asked to be sent again` : ''}`] as const
  })))
  return 0
}

/** One JSON object a line: time, tag, reason, source, record. */
async function show(folder: string, io: Io, output: string): Promise<number> {
  for await (const { record, ...letter } of showDeadLetters(folder, output)) {
    if (io.stop.aborted) return 1
    print(io, `${JSON.stringify(letter).slice(0, -1)},"record":${record}}`)
  }
  return 0
}

/** The agent that runs, or the next one, sends them to the output that refused them. */
async function replay(folder: string, io: Io, output: string): Promise<number> {
  const files = await requestReplay(folder, output)
  print(io, files.length === 0
    ? `The dead letters of ${output} are asked to be sent again already.`
    : `${files.length} files of dead letters of ${output} will be sent again by the agent that runs, or at its next start.`)
  return 0
}
