/** What a given configuration would lose in Fluent Bit 5.1, and what happens here instead. */

import { filterOptions, inputOptions, networkOptions, outputOptions } from './common-options.ts'
import type { Fields, Place } from './fields.ts'
import type { InputPlan, OutputPlan, Plan } from './plan.ts'

export interface Explanation {
  readonly place: Place
  /** The setting, or its absence. */
  readonly setting: string
  /** What Fluent Bit does with it, a sentence. */
  readonly there: string
  /** What Fantail does instead, a sentence. */
  readonly here: string
}

/** In the order of the plan: service, inputs, outputs. */
export function explain(plan: Plan): Explanation[] {
  return [
    ...plan.inputs.flatMap((input) => explainInput(input)),
    ...plan.outputs.flatMap((output) => explainOutput(output)),
    ...explainIgnored(plan)
  ]
}

function explainInput(input: InputPlan): Explanation[] {
  const { options, storage, plugin, label } = input
  const found: Explanation[] = []
  const say = (option: string, setting: string, there: string, here: string): void => {
    found.push({ place: placeOf(input, option), setting, there, here })
  }
  if (storage === 'memory') {
    say('storage.type', `${label} keeps its records in memory`,
      'the read position is stored when data is in memory, so a crash or a restart during an outage loses what waits.',
      'the position advances only when every output has acknowledged; what was not delivered is read again.')
  }
  if (storage === 'memrb') {
    say('storage.type', `storage.type memrb of ${label}`,
      'when its memory is full, the oldest records are dropped.',
      'the same, since it was asked for; every record given up is counted.')
  }
  if (!has(input, 'mem_buf_limit')) {
    say('mem_buf_limit', `${label} has no mem_buf_limit`,
      'memory grows with a backlog until the node kills the agent.',
      'the input waits at 5 MB; the files are the buffer.')
  }
  if (plugin !== 'tail') return found

  if (options['db'] === undefined) {
    say('db', `${label} has no db`,
      'after a restart it begins at the end of the files: what was written meanwhile is never read.',
      'positions are always kept, below storage.path or in the default state folder.')
  } else {
    say('db', `db of ${label}`,
      'files are told apart by inode only, so that a new file with a used inode begins in its middle.',
      'files are told apart by device, inode and a fingerprint of their content; an existing db is taken over at the first start.')
  }
  say('rotate_wait', `rotate_wait of ${label}`,
    'a rotated file is closed after that time, read or not; a deleted one at once.',
    'a rotated or deleted file is read to its end first, within a limit of bytes, and what is given up is counted.')
  if (options['skip_long_lines'] === true) {
    say('skip_long_lines', `skip_long_lines of ${label}`,
      'lines longer than buffer_max_size are dropped.',
      'the same, since it was asked for; every line given up is counted.')
  } else if (options['truncate_long_lines'] !== true) {
    say('buffer_max_size', `${label} neither skips nor truncates long lines`,
      'a line longer than buffer_max_size (32 KB) ends the reading of its file.',
      'the file is read on, and what becomes of the line is counted.')
  }
  say('refresh_interval', `refresh_interval of ${label}`,
    'new files are found that late (60 s by default), so logs of short-lived containers can be missed whole.',
    'new files are found within a second.')
  return found
}

function explainOutput(output: OutputPlan): Explanation[] {
  const { common, plugin, label, network } = output
  const found: Explanation[] = []
  const say = (option: string, setting: string, there: string, here: string): void => {
    found.push({ place: placeOf(output, option), setting, there, here })
  }
  if (!has(output, 'retry_limit')) {
    say('retry_limit', `${label} has no retry_limit`,
      'data is dropped after one retry, some ten seconds into an outage.',
      'it is tried again for as long as the buffer has room, with growing pauses.')
  } else if (Number.isFinite(common.retry_limit)) {
    say('retry_limit', `retry_limit ${common.retry_limit} of ${label}`,
      'what fails that often is dropped.',
      'what fails that often becomes dead letters, which fantail dlq replay sends again.')
  }
  if (common['storage.total_limit_size'] !== undefined && Number.isFinite(common['storage.total_limit_size'])) {
    say('storage.total_limit_size', `storage.total_limit_size of ${label}`,
      'beyond it the oldest chunks are deleted, for other outputs, too, that share them.',
      'this output\'s oldest records are given up and counted; without the option nothing is, and files wait when the log is full.')
  }
  if (plugin === 'es' || plugin === 'opensearch') {
    say('name', `bulk answers of ${label}`,
      'when some records of a request are refused, they vanish without a message, or the whole request is repeated.',
      'every record has its own verdict: done, again, or a dead letter with the reason.')
  }
  if (plugin === 'kafka') {
    say('name', `acknowledgement of ${label}`,
      'data counts as sent once it is in the client\'s own queue, and is lost with it.',
      'data counts as sent when the brokers have acknowledged it.')
  }
  if (network.tls && !has(output, 'tls.verify_hostname')) {
    say('tls', `tls of ${label}`,
      'any valid certificate passes, whatever name it is for.',
      'the certificate must be for the host; tls.verify_hostname off says otherwise.')
  }
  return found
}

/** Settings that are accepted and have no effect here, with the reason. */
function explainIgnored(plan: Plan): Explanation[] {
  const common: Fields = { ...inputOptions, ...filterOptions, ...outputOptions, ...networkOptions }
  return [...plan.inputs, ...plan.filters, ...plan.outputs].flatMap((instance) => {
    return instance.given.flatMap(({ name, place }) => {
      const reason = (instance.spec.options[name] ?? common[name])?.withoutEffect
      return reason === undefined
        ? []
        : [{ place, setting: `${name} of ${instance.label}`, there: 'it has its documented effect.', here: `no effect: ${reason}.` }]
    })
  })
}

function has(instance: InputPlan | OutputPlan, option: string): boolean {
  return instance.given.some(({ name }) => name === option)
}

function placeOf(instance: InputPlan | OutputPlan, option: string): Place {
  return instance.given.find(({ name }) => name === option)?.place ?? instance.place
}
