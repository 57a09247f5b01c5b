/**
 * Shapes of log lines that are worth more to a person taken apart: container runtimes, JSON, logfmt, klog, access and error
 * logs of web servers, syslog, and lines that begin with a time. What is found goes under `time`, `level`, `message` and
 * names of its own; a line of no shape stays as it is.
 */
export type Fields = { readonly [key: string]: unknown }

/** The fields of a record; those within its line where the line has a shape. */
export function openLine(record: Fields): Fields {
  const { log, ...rest } = record
  if (typeof log !== 'string') return record
  return { ...rest, ...openText(log) }
}

/** Opens a text, and what is within its message, such as JSON in the line of a container. */
function openText(text: string, depth = 0): Fields {
  for (const open of depth < 3 ? shapes : []) {
    const fields = open(text)
    if (fields === undefined) continue
    const { log, message, ...rest } = fields
    const within = typeof log === 'string' ? log : message
    if (typeof within !== 'string') return fields
    // what an inner line says of itself is nearer to the truth than what was put around it
    return { ...rest, ...named(openText(within.replace(/\r?\n$/, ''), depth + 1)) }
  }
  return { log: text }
}

/** A line within another is its message. */
function named({ log, ...rest }: Fields): Fields {
  return log === undefined || 'message' in rest ? { ...rest, ...(log === undefined ? {} : { log }) } : { ...rest, message: log }
}

type Shape = (text: string) => Fields | undefined

const shapes: readonly Shape[] = [container, json, klog, access, webError, syslog, timed, logfmt]

function container(text: string): Fields | undefined {
  const found = /^(\d{4}-\S+) (stdout|stderr) [FP] (.*)$/s.exec(text)
  return found === null ? undefined : { time: found[1], stream: found[2], message: found[3] }
}

function json(text: string): Fields | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    // what begins with a brace and parses is an object
    return JSON.parse(text) as Fields
  } catch {
    return undefined
  }
}

const klogLevels: { readonly [letter: string]: string } = { I: 'info', W: 'warn', E: 'error', F: 'fatal' }

function klog(text: string): Fields | undefined {
  const found = /^([IWEF])(\d\d)(\d\d) (\d\d:\d\d:\d\d\.\d+)\s+\d+ (\S+:\d+)\] (.*)$/s.exec(text)
  if (found === null) return undefined
  const [, level = '', month, day, time, caller, message] = found
  return { time: `${new Date().getFullYear()}-${month}-${day}T${time}`, level: klogLevels[level], message, caller }
}

function access(text: string): Fields | undefined {
  const found = /^(\S+) \S+ (\S+) \[(\d\d)\/(\w{3})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})\] "([^"]*)" (\d{3}) (\d+|-)(?: "([^"]*)" "([^"]*)")?/.exec(text)
  if (found === null) return undefined
  const [, client, user, day, month = '', year, clock, zone, request, code = '', size, referer, agent] = found
  const number = String(months.indexOf(month) + 1).padStart(2, '0')
  return {
    time: `${year}-${number}-${day}T${clock}${zone}`,
    level: code >= '500' ? 'error' : code >= '400' ? 'warn' : 'info',
    message: `${code} ${request}`,
    client,
    ...given({ user, size, referer, agent })
  }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function webError(text: string): Fields | undefined {
  const found = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d) \[(\w+)\] (.*)$/s.exec(text)
  return found === null ? undefined : { time: `${found[1]}-${found[2]}-${found[3]}T${found[4]}`, level: found[5], message: found[6] }
}

const severities = ['emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug']

function syslog(text: string): Fields | undefined {
  const found = /^(?:<(\d{1,3})>(?:1 )?)?([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) (\S+) ([^\s:[\]]+)(?:\[(\d+)\]:|:| (\S+) \S+ (?:-|\[[^\]]*\])) ?(.*)$/s.exec(text)
  if (found === null) return undefined
  const [, priority, time = '', host, app, pid, process, message] = found
  const level = priority === undefined ? undefined : severities[Number(priority) & 7]
  const year = /^\d{4}/.test(time) ? time : `${new Date().getFullYear()} ${time}`
  return { time: year, ...given({ level }), message, host, app, ...given({ pid: pid ?? process }) }
}

const LEVEL = /^[\s[(<]*(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|SEVERE|CRITICAL|FATAL)\b[\])>:]*\s*(?:-\s+)?/i

/** `2026-01-02 03:04:05,678 INFO …`, in brackets or not, with T and a zone or without. */
function timed(text: string): Fields | undefined {
  const found = /^\[?(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,](\d+))?\s?(Z|[+-]\d\d:?\d\d)?\]?\s*(.*)$/s.exec(text)
  if (found === null) return undefined
  const [, date, clock, fraction, zone = '', rest = ''] = found
  const time = `${date}T${clock}${fraction === undefined ? '' : `.${fraction.slice(0, 3)}`}${zone}`
  const level = LEVEL.exec(rest)
  return level === null ? { time, message: rest } : { time, level: level[1], message: rest.slice(level[0].length) }
}

/** Two pairs at the least, from the begin of the line to its end. */
function logfmt(text: string): Fields | undefined {
  if (!/^[\w.@/-]+=\S*.*\s[\w.@/-]+=/.test(text)) return undefined
  const fields: { [key: string]: unknown } = {}
  const pair = /\s*([\w.@/-]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/y
  while (pair.lastIndex < text.trimEnd().length) {
    const found = pair.exec(text)
    if (found === null) return undefined
    fields[found[1]!] = found[2] === undefined ? found[3] : found[2].replace(/\\(.)/g, (_, c: string) => ({ n: '\n', t: '\t' })[c] ?? c)
  }
  return fields
}

/** What is there and no dash. */
function given(values: { readonly [key: string]: string | undefined }): Fields {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== '-' && value !== ''))
}
