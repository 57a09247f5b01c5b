/** The output of `fantail tail`: records for a person at a terminal, level, time and message picked out. */
import type { Batch } from '../event/batch.ts'
import { defineOutput, delivered, type Output, type Verdict } from '../plugin/output.ts'
import { openLine, type Fields } from './pretty/shapes.ts'

export const pretty = defineOutput({
  name: 'pretty',
  summary: 'Shows records on a terminal with level, time and message picked out.',
  description: 'A line in `log` of JSON, logfmt, klog, a container runtime, a web server, syslog, or one that begins with a time, is '
    + 'taken apart first; stacks of JSON are shown as lines. Colours are used on a terminal only, and not when NO_COLOR is set.',
  options: {
    format: {
      kind: 'choice',
      values: ['pretty', 'json'],
      default: 'pretty',
      doc: 'Lines for people, or one line of JSON for each record.',
      example: 'json'
    },
    color: {
      kind: 'choice',
      values: ['auto', 'on', 'off'],
      default: 'auto',
      doc: 'Colours: on a terminal only, always or never.',
      example: 'off'
    }
  },
  examples: [{ title: 'Everything on the terminal', config: 'name: pretty\nmatch: \'*\'' }],
  limits: () => ({ maxBytes: 256_000, maxRecords: 1000, concurrency: 1, ordered: true, gather: false }),
  create: ({ format, color }) => {
    const colored = color === 'on' || (color === 'auto' && process.stdout.isTTY && !process.env['NO_COLOR'])
    return new PrettyOutput(format === 'json' ? asJson : (fields, time) => asLine(fields, time, colored))
  }
})

type Render = (fields: Fields, milliseconds: number) => string

class PrettyOutput implements Output {
  readonly #render: Render

  constructor(render: Render) {
    this.#render = render
  }

  async write(batch: Batch): Promise<Verdict> {
    let text = ''
    for (let i = 0; i < batch.count; i++) {
      const time = batch.seconds(i) * 1000 + Math.floor(batch.nanos(i) / 1e6)
      text += `${this.#render(openLine(JSON.parse(batch.bodyText(i)) as Fields), time)}\n`
    }
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(text, (error) => error ? reject(error) : resolve())
    })
    return delivered
  }
}

/** The record as one line of JSON, `time` in front when it has none. */
export function asJson(fields: Fields, milliseconds: number): string {
  return JSON.stringify('time' in fields ? fields : { time: new Date(milliseconds).toISOString(), ...fields })
}

const messageKeys = ['message', 'msg', 'log', 'MESSAGE', 'event', 'textPayload', 'error', 'err']
const levelKeys = ['level', 'severity', 'lvl', 'loglevel', 'log_level', 'levelname', 'log.level', 'severity_text', 'PRIORITY']
const timeKeys = ['time', 'timestamp', '@timestamp', 'ts', 'date', 't']
const stackKeys = ['stack', 'stacktrace', 'stack_trace', 'exception', 'exc_info', 'traceback']

const pinoLevels: Readonly<Record<string, string>> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' }
const syslogLevels = ['emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug']
const colors: Readonly<Record<string, number>> = {
  trace: 90, debug: 90, info: 32, notice: 32, warn: 33, warning: 33, error: 31, err: 31, severe: 31,
  critical: 35, crit: 35, alert: 35, emerg: 35, fatal: 35, panic: 35
}
const shortLevels: Readonly<Record<string, string>> = { warning: 'WARN ', critical: 'CRIT ', err: 'ERROR', information: 'INFO ' }
/** Goes on with what the line before it said: a frame of a stack, a cause. */
const CONTINUES = /^(?:\s+\S|Caused by:|Suppressed:|\.\.\. \d+ )/

/** `10:00:00.123 WARN  message key=value`, with colours as escape sequences of a terminal; stacks on lines of their own. */
export function asLine(fields: Fields, milliseconds: number, colored: boolean): string {
  const paint = (code: number, text: string): string => colored && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text
  const messageKey = messageKeys.find((key) => typeof fields[key] === 'string')
  const levelKey = levelKeys.find((key) => fields[key] !== undefined)
  const timeKey = timeKeys.find((key) => fields[key] !== undefined)
  const message = messageKey === undefined ? '' : String(fields[messageKey])
  const level = levelOf(levelKey, fields, message)
  const stacks: string[] = []
  const rest = Object.entries(fields)
    .filter(([key]) => key !== messageKey && key !== levelKey && key !== timeKey && key !== 'file')
    .flatMap(([key, value]) => {
      const text = withoutStack(key, value, stacks)
      return text === undefined ? [] : [paint(90, `${key}=`) + shown(text)]
    })
  const { file } = fields
  const time = timeOf(timeKey === undefined ? undefined : fields[timeKey], milliseconds)
  const goesOn = timeKey === undefined && CONTINUES.test(message)
  const head = [
    goesOn ? ' '.repeat(time.length) : paint(90, time),
    paint(colors[level.toLowerCase()] ?? 36, shortLevels[level.toLowerCase()] ?? level.toUpperCase().padEnd(5)),
    ...(typeof file === 'string' ? [paint(36, file.slice(file.lastIndexOf('/') + 1))] : []),
    visible(message),
    ...rest
  ].join(' ').trimEnd()
  const lines = stacks.flatMap((stack) => visible(stack.trimEnd()).split('\n'))
  return [head, ...lines.map((line) => paint(90, `${' '.repeat(time.length + 7)}${line}`))].join('\n')
}

/** The value without the stack that it is or holds, which goes to `stacks`; undefined when nothing is left of it. */
function withoutStack(key: string, value: unknown, stacks: string[]): unknown {
  if (typeof value === 'string') {
    if (!stackKeys.includes(key.toLowerCase()) || !value.includes('\n')) return value
    stacks.push(value)
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value as Fields)
  const stack = entries.find(([name, inner]) => stackKeys.includes(name) && typeof inner === 'string' && inner.includes('\n'))
  if (stack === undefined) return value
  stacks.push(String(stack[1]))
  // the first line of a stack says type and message once more
  const left = entries.filter(([name, inner]) => name !== stack[0] && !(typeof inner === 'string' && String(stack[1]).split('\n')[0]!.includes(inner)))
  return left.length === 0 ? undefined : Object.fromEntries(left)
}

function levelOf(key: string | undefined, fields: Fields, message: string): string {
  const value = key === undefined ? undefined : fields[key]
  if (key === 'PRIORITY') return syslogLevels[Number(value)] ?? String(value)
  if (typeof value === 'number') return pinoLevels[value] ?? String(value)
  if (typeof value === 'string') return value
  return /\b(TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL)\b/.exec(message.slice(0, 80))?.[1] ?? ''
}

/** The time of day, in the zone of the terminal, with the date where that is not today's. */
function timeOf(value: unknown, milliseconds: number): string {
  let at = new Date(milliseconds)
  if (typeof value === 'number') at = new Date(value > 1e14 ? value / 1e6 : value > 1e11 ? value : value * 1000)
  else if (typeof value === 'string') at = new Date(/^\d+(\.\d+)?$/.test(value) ? Number(value) * (value.length > 12 ? 1 : 1000) : value)
  if (Number.isNaN(at.getTime())) at = new Date(milliseconds)
  const two = (part: number): string => String(part).padStart(2, '0')
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`
  // records are shown as they come: the time of the record is today's, but for those that were read from their beginning
  const today = at.toDateString() === new Date(milliseconds).toDateString()
  return today ? clock : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock}`
}

function shown(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=\p{Cc}]+$/u.test(value) ? value : visible(JSON.stringify(value))
}

/** Control characters of a log must not steer the terminal. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\u009b]/gu, (character) => character === '\t' || character === '\n' ? character : '\ufffd')
}
