/** The output of `fantail tail`: records for a person at a terminal, level, time and message picked out. */
import type { Batch } from '../event/batch.ts'
import { defineOutput, delivered, type Output, type Verdict } from '../plugin/output.ts'

export const pretty = defineOutput({
  name: 'pretty',
  summary: 'Shows records on a terminal with level, time and message picked out.',
  description: 'A line of JSON or of a container runtime in `log` is opened first. Colours are used on a terminal only, and not when NO_COLOR is set.',
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

type Fields = { readonly [key: string]: unknown }
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

/** The fields of a record; those within its line where the line is JSON or a container runtime's. */
export function openLine(record: Fields): Fields {
  const { log, ...rest } = record
  if (typeof log !== 'string') return record
  const cri = /^(\S+) (stdout|stderr) [FP] (.*)$/s.exec(log)
  const line = cri?.[3] ?? log
  const outer = cri === null ? rest : { ...rest, time: cri[1], stream: cri[2] }
  return { ...outer, ...(parseObject(line) ?? { log: line }) }
}

/** The record as one line of JSON, `time` in front when it has none. */
export function asJson(fields: Fields, milliseconds: number): string {
  return JSON.stringify('time' in fields ? fields : { time: new Date(milliseconds).toISOString(), ...fields })
}

const messageKeys = ['message', 'msg', 'log', 'MESSAGE', 'event']
const levelKeys = ['level', 'severity', 'lvl', 'loglevel', 'log_level', 'PRIORITY']
const timeKeys = ['time', 'timestamp', '@timestamp', 'ts', 'date']

const pinoLevels: Readonly<Record<string, string>> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' }
const colors: Readonly<Record<string, number>> = {
  trace: 90, debug: 90, info: 32, notice: 32, warn: 33, warning: 33, error: 31, err: 31, critical: 35, fatal: 35, panic: 35
}

/** `10:00:00.123 WARN  message key=value`, with colours as escape sequences of a terminal. */
export function asLine(fields: Fields, milliseconds: number, colored: boolean): string {
  const paint = (code: number, text: string): string => colored && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text
  const messageKey = messageKeys.find((key) => typeof fields[key] === 'string')
  const levelKey = levelKeys.find((key) => fields[key] !== undefined)
  const timeKey = timeKeys.find((key) => fields[key] !== undefined)
  const message = messageKey === undefined ? '' : String(fields[messageKey])
  const level = levelOf(levelKey === undefined ? undefined : fields[levelKey], message)
  const rest = Object.entries(fields)
    .filter(([key]) => key !== messageKey && key !== levelKey && key !== timeKey && key !== 'file')
    .map(([key, value]) => paint(90, `${key}=`) + shown(value))
  const file = fields['file']
  return [
    paint(90, timeOf(timeKey === undefined ? undefined : fields[timeKey], milliseconds)),
    paint(colors[level.toLowerCase()] ?? 36, level.toUpperCase().padEnd(5)),
    ...(typeof file === 'string' ? [paint(36, file.slice(file.lastIndexOf('/') + 1))] : []),
    visible(message),
    ...rest
  ].filter((part) => part.trim() !== '').join(' ')
}

function levelOf(value: unknown, message: string): string {
  if (typeof value === 'number') return pinoLevels[value] ?? String(value)
  if (typeof value === 'string') return value
  return /\b(TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL)\b/.exec(message.slice(0, 80))?.[1] ?? ''
}

/** The time of day, in the zone of the terminal. */
function timeOf(value: unknown, milliseconds: number): string {
  let at = new Date(milliseconds)
  if (typeof value === 'number') at = new Date(value > 1e11 ? value : value * 1000)
  else if (typeof value === 'string') at = new Date(value)
  if (Number.isNaN(at.getTime())) at = new Date(milliseconds)
  const two = (part: number): string => String(part).padStart(2, '0')
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`
}

function shown(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=\p{Cc}]+$/u.test(value) ? value : visible(JSON.stringify(value))
}

/** Control characters of a log must not steer the terminal. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\u009b]/gu, (character) => character === '\t' || character === '\n' ? character : '\ufffd')
}

function parseObject(text: string): Fields | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    // What begins with a brace and parses is an object.
    return value as Fields
  } catch {
    return undefined
  }
}
