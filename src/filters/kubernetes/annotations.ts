/**
 * What a pod's own annotations ask for: `fluentbit.io/parser[_stdout|_stderr][-CONTAINER]: NAME` and
 * `fluentbit.io/exclude[_stdout|_stderr][-CONTAINER]: "true"`. One for a container goes before one for all.
 */
import type { Parser } from '../../plugin/parser.ts'

export interface StreamWishes {
  readonly exclude: boolean
  readonly parser: Parser | undefined
}

export interface Wishes {
  readonly stdout: StreamWishes
  readonly stderr: StreamWishes
  /** Neither stream asks for anything. */
  readonly none: boolean
}

export interface Allowed {
  readonly parser: boolean
  readonly exclude: boolean
  find(name: string): Parser | undefined
  warn(message: string): void
}

const PREFIX = 'fluentbit.io/'
const FORM = /^(parser|exclude)(?:_(stdout|stderr))?(?:-(.+))?$/s
const NOTHING: StreamWishes = { exclude: false, parser: undefined }

export const NO_WISHES: Wishes = { stdout: NOTHING, stderr: NOTHING, none: true }

interface Found {
  exclude: boolean | undefined
  parser: Parser | undefined
}

/** `owner` names the pod in warnings. */
export function readWishes(
  annotations: { readonly [name: string]: string } | undefined, container: string | undefined, owner: string, allowed: Allowed
): Wishes {
  const found: { readonly stdout: Found; readonly stderr: Found } = {
    stdout: { exclude: undefined, parser: undefined },
    stderr: { exclude: undefined, parser: undefined }
  }
  for (const [name, value] of Object.entries(annotations ?? {})) {
    if (!name.startsWith(PREFIX) || name.length === PREFIX.length) continue
    const form = FORM.exec(name.slice(PREFIX.length))
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
    const streams = stream === undefined ? (['stdout', 'stderr'] as const) : [stream as 'stdout' | 'stderr']
    if (kind === 'exclude') {
      for (const one of streams) if (target !== undefined || found[one].exclude === undefined) found[one].exclude = isTrue(value)
      continue
    }
    const parser = allowed.find(value)
    if (parser === undefined) {
      allowed.warn(`The annotation ${name} of ${owner} names a parser \`${value}\` that there is not.`)
      continue
    }
    for (const one of streams) if (target !== undefined || found[one].parser === undefined) found[one].parser = parser
  }
  const stdout = { exclude: found.stdout.exclude === true, parser: found.stdout.parser }
  const stderr = { exclude: found.stderr.exclude === true, parser: found.stderr.parser }
  return { stdout, stderr, none: [stdout, stderr].every((one) => !one.exclude && one.parser === undefined) }
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
