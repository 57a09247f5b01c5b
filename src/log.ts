/**
 * The agent's own log: pino, JSON lines to standard error or `log_file`; plain sentences when a person watches a
 * terminal. Each message of a plugin appears at most once per ten seconds, with a count, so that an outage that lasts
 * does not feed the log that the agent itself ships.
 */
import { pino, type DestinationStream, type Logger } from 'pino'
import type { Log } from './plugin/context.ts'

export type Level = 'off' | 'error' | 'warn' | 'warning' | 'info' | 'debug' | 'trace'

const QUIET_MS = 10_000
/** Different messages that are remembered; beyond it the oldest may be said again early. */
const REMEMBERED = 500

const LEVELS: { readonly [level: string]: string } = { off: 'silent', warning: 'warn' }

export interface LogSettings {
  readonly level: Level
  /** Path of a file; standard error when not set. */
  readonly file?: string | undefined
}

export class AgentLog {
  readonly #root: Logger
  readonly #said = new Map<string, { since: number; again: number }>()
  readonly #now: () => number

  constructor(settings: LogSettings, destination?: DestinationStream, now: () => number = () => performance.now()) {
    const stream = destination ?? openDestination(settings.file)
    this.#root = pino({ level: LEVELS[settings.level] ?? settings.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }, stream)
    this.#now = now
  }

  /** The log of one plugin or part. `level` overrides the service's. */
  child(name: string, level?: Level): Log {
    const options = level === undefined ? {} : { level: LEVELS[level] ?? level }
    const logger = this.#root.child({ name }, options)
    const say = (method: 'error' | 'warn' | 'info' | 'debug') => (message: string, details?: object) => {
      if (!logger.isLevelEnabled(method)) return
      const repeats = this.#repeats(name, method, message)
      if (repeats < 0) return
      logger[method](repeats > 0 ? { ...details, repeated: repeats } : (details ?? {}), message)
    }
    return { error: say('error'), warn: say('warn'), info: say('info'), debug: say('debug') }
  }

  /** How often the message was held back since it was last said; -1: hold it back now. */
  #repeats(name: string, method: string, message: string): number {
    const key = `${name}\n${method}\n${message}`
    const now = this.#now()
    const last = this.#said.get(key)
    if (last !== undefined && now - last.since < QUIET_MS) {
      last.again++
      return -1
    }
    this.#said.delete(key)
    this.#said.set(key, { since: now, again: 0 })
    if (this.#said.size > REMEMBERED) this.#said.delete(this.#said.keys().next().value!)
    return last?.again ?? 0
  }
}

function openDestination(file: string | undefined): DestinationStream {
  if (file !== undefined) return pino.destination({ dest: file, sync: true, append: true, mkdir: true })
  if (!process.stderr.isTTY) return pino.destination({ dest: 2, sync: true })
  return { write: (line) => void process.stderr.write(forPeople(line)) }
}

/** `10:00:00.123 warn  tail.0: The message. {"details":1}` */
export function forPeople(line: string): string {
  const { time, level, name, msg, ...details } = JSON.parse(line) as { time: string; level: string; name: string; msg: string }
  const rest = Object.keys(details).length === 0 ? '' : ' ' + JSON.stringify(details)
  return `${time.slice(11, 23)} ${level.padEnd(5)} ${name}: ${msg}${rest}\n`
}
