/**
 * Dates as text by the conversions of C's `strftime` in the C locale, always in UTC. Compiled once.
 *
 * All conversions of C99 but `%E` and `%O` modifiers (which are read and ignored), and besides: `%s` seconds since 1970,
 * `%L` milliseconds, `%N` nanoseconds, `%k` and `%l` hours padded with a space, `%P` am or pm. What is unknown stands as it is.
 */
const DAY = 86_400

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January', 'February', 'March', 'April', 'May', 'June',
  'July', 'August', 'September', 'October', 'November', 'December'
]

const COMPOSED: { readonly [conversion: string]: string } = {
  c: '%a %b %e %H:%M:%S %Y', D: '%m/%d/%y', F: '%Y-%m-%d', R: '%H:%M', T: '%H:%M:%S', X: '%H:%M:%S', r: '%I:%M:%S %p',
  x: '%m/%d/%y', h: '%b', '+': '%a %b %e %H:%M:%S UTC %Y'
}

type Part = (date: Date, nanos: number) => string

const PARTS: { readonly [conversion: string]: Part } = {
  Y: (d) => String(d.getUTCFullYear()),
  C: (d) => two(Math.floor(d.getUTCFullYear() / 100)),
  y: (d) => two(d.getUTCFullYear() % 100),
  m: (d) => two(d.getUTCMonth() + 1),
  B: (d) => MONTHS[d.getUTCMonth()]!,
  b: (d) => MONTHS[d.getUTCMonth()]!.slice(0, 3),
  d: (d) => two(d.getUTCDate()),
  e: (d) => String(d.getUTCDate()).padStart(2),
  j: (d) => String(dayOfYear(d) + 1).padStart(3, '0'),
  A: (d) => DAYS[d.getUTCDay()]!,
  a: (d) => DAYS[d.getUTCDay()]!.slice(0, 3),
  u: (d) => String(d.getUTCDay() || 7),
  w: (d) => String(d.getUTCDay()),
  U: (d) => two(Math.floor((dayOfYear(d) + 7 - d.getUTCDay()) / 7)),
  W: (d) => two(Math.floor((dayOfYear(d) + 7 - ((d.getUTCDay() + 6) % 7)) / 7)),
  G: (d) => String(thursday(d).getUTCFullYear()),
  g: (d) => two(thursday(d).getUTCFullYear() % 100),
  V: (d) => two(Math.floor(dayOfYear(thursday(d)) / 7) + 1),
  H: (d) => two(d.getUTCHours()),
  k: (d) => String(d.getUTCHours()).padStart(2),
  I: (d) => two(d.getUTCHours() % 12 || 12),
  l: (d) => String(d.getUTCHours() % 12 || 12).padStart(2),
  p: (d) => (d.getUTCHours() < 12 ? 'AM' : 'PM'),
  P: (d) => (d.getUTCHours() < 12 ? 'am' : 'pm'),
  M: (d) => two(d.getUTCMinutes()),
  S: (d) => two(d.getUTCSeconds()),
  s: (d) => String(Math.floor(d.getTime() / 1000)),
  L: (_, nanos) => String(Math.floor(nanos / 1e6)).padStart(3, '0'),
  N: (_, nanos) => String(nanos).padStart(9, '0'),
  Z: () => 'UTC',
  z: () => '+0000',
  n: () => '\n',
  t: () => '\t',
  '%': () => '%'
}

/** For how many seconds, from a multiple of them, a conversion's text stays the same; absent: for ever or for a day. */
const GRAIN: { readonly [conversion: string]: number } = {
  H: 3600, I: 3600, k: 3600, l: 3600, p: 3600, P: 3600, M: 60, S: 1, s: 1, L: 0, N: 0
}

export interface DateFormat {
  /**
   * The text stays the same within each whole multiple of this many seconds since 1970: 86400, 3600, 60, 1, or 0 when
   * it has fractions of a second.
   */
  readonly grain: number
  /** The text of a Unix time. */
  format(seconds: number, nanos?: number): string
}

/** Compiles a format. */
export function compileDateFormat(format: string): DateFormat {
  const parts: (string | Part)[] = []
  const grain = collect(format, parts)
  return {
    grain,
    format(seconds, nanos = 0) {
      const date = new Date(seconds * 1000)
      let text = ''
      for (const part of parts) text += typeof part === 'string' ? part : part(date, nanos)
      return text
    }
  }
}

function collect(format: string, parts: (string | Part)[]): number {
  let grain = DAY
  let from = 0
  for (const found of format.matchAll(/%[EO]?([a-zA-Z%+])/g)) {
    const conversion = found[1]!
    const composed = COMPOSED[conversion]
    const part = PARTS[conversion]
    if (composed === undefined && part === undefined) continue
    if (found.index > from) parts.push(format.slice(from, found.index))
    from = found.index + found[0].length
    if (composed !== undefined) grain = Math.min(grain, collect(composed, parts))
    else if (part !== undefined) {
      parts.push(part)
      grain = Math.min(grain, GRAIN[conversion] ?? DAY)
    }
  }
  if (from < format.length) parts.push(format.slice(from))
  return grain
}

function two(value: number): string {
  return value < 10 ? '0' + value : String(value)
}

/** 0 for the first of January. */
function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / (DAY * 1000))
}

/** Thursday of the date's ISO 8601 week, which lies in the year that the week belongs to. */
function thursday(date: Date): Date {
  return new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * DAY * 1000)
}
