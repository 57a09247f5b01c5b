/** `fantail buffer ls|verify|export|repair|forget`: what waits in the buffer, for whom, and is it sound. */

import { outputFolder } from '../agent/outputs.ts'
import { exportBuffer, forgetOutput, listBuffer, repairBuffer, verifyBuffer } from '../buffer/tools.ts'
import { FantailError } from '../errors.ts'
import { nearest } from '../lib/edit-distance.ts'
import { forgetStaging, readStagingTerms } from '../outputs/shared/staging.ts'
import { print, table, type Io } from './io.ts'
import type { Arguments } from './options.ts'
import { stateOf } from './state.ts'

const actions = { ls, verify, export: exportLines, repair, forget }

export async function run(args: Arguments, io: Io): Promise<number> {
  const [action = '', output] = args.positionals
  const act = Object.entries(actions).find(([name]) => name === action)?.[1]
  if (act === undefined) {
    const near = nearest(action, Object.keys(actions))
    throw new FantailError('unknown-command', { command: `buffer ${action}${near === undefined ? '' : ` (did you mean ${near}?)`}` })
  }
  return await act((await stateOf(args, io)).directory, args.value('output') ?? output, io)
}

async function ls(directory: string, _: string | undefined, io: Io): Promise<number> {
  const buffer = listBuffer(directory)
  const bytes = buffer.segments.reduce((sum, segment) => sum + segment.bytes, 0)
  print(io, directory, '', `${buffer.segments.length} segments, ${bytes} bytes; ${buffer.streams} streams, ${buffer.closedStreams} of them closed`, '')
  const kept = await Promise.all(buffer.outputs.map(async ({ name }) => (await readStagingTerms(outputFolder(directory, name))).waiting))
  print(io, ...table(buffer.outputs.map(({ name, records, bytes: waiting, oldest, forgotten }, i) => {
    const since = oldest === 0 ? '' : `, the oldest of ${new Date(oldest * 1000).toISOString()}`
    const beside = kept[i] === 0 ? '' : `; ${kept[i]!} more are gathered for sending`
    return [name, `${records} records wait, ${waiting} bytes${since}${forgotten ? ' (forgotten)' : ''}${beside}`] as const
  })))
  if (buffer.tornBytes > 0) print(io, `${buffer.tornBytes} bytes of an unfinished frame will be cut at the next start.`)
  if (buffer.corruptFrames > 0) print(io, `${buffer.corruptFrames} corrupt frames will be put aside at the next start.`)
  for (const name of buffer.quarantined) print(io, `in quarantine: ${name}`)
  return 0
}

async function verify(directory: string, _: string | undefined, io: Io): Promise<number> {
  const { segments, frames, records, bytes, problems } = verifyBuffer(directory)
  print(io, `${segments} segments, ${frames} frames, ${records} records, ${bytes} bytes`, ...problems)
  return problems.length === 0 ? 0 : 1
}

async function exportLines(directory: string, output: string | undefined, io: Io): Promise<number> {
  for await (const line of exportBuffer(directory, output === undefined ? {} : { output })) {
    if (io.stop.aborted) return 1
    print(io, line)
  }
  return 0
}

async function repair(directory: string, _: string | undefined, io: Io): Promise<number> {
  const { segments, tornBytes, corruptFrames } = await repairBuffer(directory)
  print(io, `${segments} segments: ${tornBytes} bytes cut off, ${corruptFrames} corrupt frames put into quarantine`)
  return 0
}

async function forget(directory: string, output: string | undefined, io: Io): Promise<number> {
  if (output === undefined) throw new FantailError('argument-missing', { command: 'buffer forget', what: 'an output' })
  const queued = await forgetOutput(directory, output)
  const gathered = await forgetStaging(outputFolder(directory, output))
  const records = queued.records + gathered.records
  const bytes = queued.bytes + gathered.bytes
  print(io, `${records} records that waited for ${output} (${bytes} bytes) are given up, and counted as dropped(forgotten)`)
  return 0
}
