/**
 * What a pod's annotations ask for: `parser[_stdout|_stderr][-CONTAINER]: NAME` and
 * `exclude[_stdout|_stderr][-CONTAINER]: "true"`, after `fluentbit.io/` or `fantail.io/`,
 * `fantail.io/multiline-parser[_stdout|_stderr][-CONTAINER]: NAME, NAME`, and `fantail.io/rate-limit`. One for a container
 * goes before one for all, `fantail.io/` before `fluentbit.io/`, and the pod's own before what its namespace has under
 * `fantail.io/`.
 */
import type { JoinerFactory, Parser } from '../../plugin/parser.ts'
import { readRate, type Rate } from './rate-limit.ts'

export interface StreamWishes {
  readonly exclude: boolean
  readonly parser: Parser | undefined
  readonly multiline: Multiline | undefined
}

/** Multiline parsers that a pod chose. */
export interface Multiline {
  /** As they stand in the annotation. */
  readonly names: string
  readonly factory: JoinerFactory
}

export interface Wishes {
  readonly stdout: StreamWishes
  readonly stderr: StreamWishes
  /** Of the pod as a whole. */
  readonly rate: Rate | undefined
  /** Neither stream asks for anything, and there is no limit. */
  readonly none: boolean
}

export interface Allowed {
  readonly parser: boolean
  readonly exclude: boolean
  find(name: string): Parser | undefined
  /** Throws what is wrong with the names. */
  joiner(names: readonly string[]): JoinerFactory
  warn(message: string): void
}

export interface Annotations {
  readonly [name: string]: string
}

const THEIRS = 'fluentbit.io/'
const OURS = 'fantail.io/'
const RATE = `${OURS}rate-limit`
const FORM = /^(parser|exclude|multiline-parser)(?:_(stdout|stderr))?(?:-(.+))?$/s
const NOTHING: StreamWishes = { exclude: false, parser: undefined, multiline: undefined }

export const NO_WISHES: Wishes = { stdout: NOTHING, stderr: NOTHING, rate: undefined, none: true }

type Found = Partial<StreamWishes>

interface Level {
  stdout: Found
  stderr: Found
}

/** `owner` names the pod in warnings, `namespace` its namespace. */
export function readWishes(
  pod: Annotations | undefined, namespace: Annotations | undefined, container: string | undefined,
  names: { readonly owner: string; readonly namespace: string }, allowed: Allowed
): Wishes {
  const levels = [
    readLevel(namespace, OURS, container, names.namespace, allowed),
    readLevel(pod, THEIRS, container, names.owner, allowed),
    readLevel(pod, OURS, container, names.owner, allowed)
  ]
  const stream = (name: keyof Level): StreamWishes => {
    return Object.assign({}, NOTHING, ...levels.map((level) => level[name])) as StreamWishes
  }
  const stdout = stream('stdout')
  const stderr = stream('stderr')
  const rate = rateOf(pod, names.owner, allowed) ?? rateOf(namespace, names.namespace, allowed)
  const none = ({ exclude, parser, multiline }: StreamWishes): boolean => !exclude && parser === undefined && multiline === undefined
  return { stdout, stderr, rate, none: rate === undefined && none(stdout) && none(stderr) }
}

function readLevel(annotations: Annotations = {}, prefix: string, container: string | undefined, owner: string, allowed: Allowed): Level {
  const general: Level = { stdout: {}, stderr: {} }
  const own: Level = { stdout: {}, stderr: {} }
  for (const [name, value] of Object.entries(annotations)) {
    if (!name.startsWith(prefix) || name.length === prefix.length || name === RATE) continue
    const form = FORM.exec(name.slice(prefix.length))
    const [, kind, stream, target] = form ?? []
    if (kind === undefined || (kind === 'multiline-parser' && prefix !== OURS)) {
      const kinds = prefix === OURS ? 'parser, multiline-parser and exclude' : 'parser and exclude'
      allowed.warn(`The annotation ${name} of ${owner} is not one of ${kinds}, with _stdout or _stderr, -CONTAINER.`)
      continue
    }
    if (target !== undefined && target !== container) continue
    const right = kind === 'exclude' ? 'exclude' : 'parser'
    if (!allowed[right]) {
      allowed.warn(`The annotation ${name} of ${owner} is not allowed; \`k8s-logging.${right} on\` would allow it.`)
      continue
    }
    const wish = readWish(kind, value, allowed)
    if (typeof wish === 'string') {
      allowed.warn(`The annotation ${name} of ${owner} ${wish}.`)
      continue
    }
    const level = target === undefined ? general : own
    // Fluent Bit takes the first of those for all containers and the last of those for one; ours for one stream goes before
    // ours for both
    const wins = target !== undefined || (kind === 'multiline-parser' && stream !== undefined)
    for (const one of stream === undefined ? (['stdout', 'stderr'] as const) : [stream as keyof Level]) {
      level[one] = wins ? { ...level[one], ...wish } : { ...wish, ...level[one] }
    }
  }
  return { stdout: { ...general.stdout, ...own.stdout }, stderr: { ...general.stderr, ...own.stderr } }
}

/** What an annotation asks for, or what is wrong with it. */
function readWish(kind: string, value: string, allowed: Allowed): Found | string {
  if (kind === 'exclude') return { exclude: isTrue(value) }
  if (kind === 'parser') {
    const parser = allowed.find(value)
    return parser === undefined ? `names a parser \`${value}\` that there is not` : { parser }
  }
  try {
    const names = value.split(',').map((name) => name.trim()).filter((name) => name !== '')
    return names.length === 0 ? 'names no multiline parser' : { multiline: { names: value, factory: allowed.joiner(names) } }
  } catch (error) {
    return `is \`${value}\`: ${(error as Error).message}`
  }
}

function rateOf(annotations: Annotations | undefined, owner: string, allowed: Allowed): Rate | undefined {
  const text = annotations?.[RATE]
  if (text === undefined) return undefined
  if (!allowed.exclude) {
    allowed.warn(`The annotation ${RATE} of ${owner} is not allowed; \`k8s-logging.exclude on\` would allow it.`)
    return undefined
  }
  const rate = readRate(text)
  if (rate === undefined) allowed.warn(`The annotation ${RATE} of ${owner} is \`${text}\`; expected a rate such as 100/s or 5000/m.`)
  return rate
}

/** What holds for a record without a stream: only what both streams ask for. */
export function wishesOfBoth({ stdout, stderr }: Wishes): StreamWishes {
  return {
    exclude: stdout.exclude && stderr.exclude,
    parser: stdout.parser === stderr.parser ? stdout.parser : undefined,
    multiline: stdout.multiline?.names === stderr.multiline?.names ? stdout.multiline : undefined
  }
}

function isTrue(text: unknown): boolean {
  return ['true', 'on', 'yes'].includes(String(text).trim().toLowerCase())
}
