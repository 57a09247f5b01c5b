/**
 * What a pod's annotations ask for: `parser[_stdout|_stderr][-CONTAINER]: NAME` and
 * `exclude[_stdout|_stderr][-CONTAINER]: "true"`, after `fluentbit.io/` or `fantail.io/`, and `fantail.io/rate-limit`. One
 * for a container goes before one for all, `fantail.io/` before `fluentbit.io/`, and the pod's own before what its namespace
 * has under `fantail.io/`.
 */
import type { Parser } from '../../plugin/parser.ts'
import { readRate, type Rate } from './rate-limit.ts'

export interface StreamWishes {
  readonly exclude: boolean
  readonly parser: Parser | undefined
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
  warn(message: string): void
}

export interface Annotations {
  readonly [name: string]: string
}

const THEIRS = 'fluentbit.io/'
const OURS = 'fantail.io/'
const RATE = `${OURS}rate-limit`
const FORM = /^(parser|exclude)(?:_(stdout|stderr))?(?:-(.+))?$/s
const NOTHING: StreamWishes = { exclude: false, parser: undefined }

export const NO_WISHES: Wishes = { stdout: NOTHING, stderr: NOTHING, rate: undefined, none: true }

interface Found {
  exclude?: boolean
  parser?: Parser
}

interface Level {
  readonly stdout: Found
  readonly stderr: Found
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
    const { exclude = false, parser } = Object.assign({}, ...levels.map((level) => level[name])) as Found
    return { exclude, parser }
  }
  const stdout = stream('stdout')
  const stderr = stream('stderr')
  const rate = rateOf(pod, names.owner, allowed) ?? rateOf(namespace, names.namespace, allowed)
  return { stdout, stderr, rate, none: rate === undefined && [stdout, stderr].every((one) => !one.exclude && one.parser === undefined) }
}

function readLevel(annotations: Annotations = {}, prefix: string, container: string | undefined, owner: string, allowed: Allowed): Level {
  const general: Level = { stdout: {}, stderr: {} }
  const own: Level = { stdout: {}, stderr: {} }
  for (const [name, value] of Object.entries(annotations)) {
    if (!name.startsWith(prefix) || name.length === prefix.length || name === RATE) continue
    const form = FORM.exec(name.slice(prefix.length))
    if (form === null) {
      allowed.warn(`The annotation ${name} of ${owner} is not one of parser and exclude, with _stdout or _stderr, -CONTAINER.`)
      continue
    }
    const [, kind, stream, target] = form
    if (target !== undefined && target !== container) continue
    if (kind === 'parser' ? !allowed.parser : !allowed.exclude) {
      allowed.warn(`The annotation ${name} of ${owner} is not allowed; \`k8s-logging.${kind} on\` would allow it.`)
      continue
    }
    const parser = kind === 'parser' ? allowed.find(value) : undefined
    if (kind === 'parser' && parser === undefined) {
      allowed.warn(`The annotation ${name} of ${owner} names a parser \`${value}\` that there is not.`)
      continue
    }
    for (const one of stream === undefined ? (['stdout', 'stderr'] as const) : [stream as keyof Level]) {
      const found = (target === undefined ? general : own)[one]
      if (parser === undefined) {
        if (target !== undefined || found.exclude === undefined) found.exclude = isTrue(value)
      } else if (target !== undefined || found.parser === undefined) found.parser = parser
    }
  }
  return { stdout: { ...general.stdout, ...own.stdout }, stderr: { ...general.stderr, ...own.stderr } }
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
    parser: stdout.parser === stderr.parser ? stdout.parser : undefined
  }
}

function isTrue(text: unknown): boolean {
  return ['true', 'on', 'yes'].includes(String(text).trim().toLowerCase())
}
