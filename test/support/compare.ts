/** Compares what the agent printed with what Fluent Bit printed, line by line; lines of JSON as JSON. */

export interface Comparison {
  /** One sentence for each line that differs. */
  readonly differences: readonly string[]
  /** Lines that say the same with keys in another order. */
  readonly reordered: readonly string[]
}

/** A number as it was spelled: 64-bit integers differ in text where they are equal as doubles. */
class Spelled {
  readonly text: string

  constructor (text: string) {
    this.text = text
  }
}

const now = '<now>'
const twoHours = 2 * 3600
/** Seconds since 1970 may differ by a microsecond, and doubles of that size by a quarter of one more. */
const timeTolerance = 1.25e-6

export function compare (expected: string, actual: string, caseFolder: string): Comparison {
  const want = lines(expected)
  const have = lines(actual.replaceAll(caseFolder, '${CASE_DIR}'))
  const differences: string[] = []
  const reordered: string[] = []
  for (let i = 0; i < Math.max(want.length, have.length); i++) {
    const [wanted, got] = [want[i], have[i]]
    if (wanted === undefined) differences.push(`line ${i + 1}: not expected: ${got}`)
    else if (got === undefined) differences.push(`line ${i + 1}: missing: ${wanted}`)
    else if (wanted.startsWith('{')) {
      const [a, b] = [parse(wanted), parse(got)]
      if (!same(a, b)) differences.push(`line ${i + 1}:\n  wanted ${wanted}\n  got    ${got}`)
      else if (keys(a) !== keys(b)) reordered.push(`line ${i + 1}:\n  wanted ${wanted}\n  got    ${got}`)
    } else if (!sameText(wanted, got)) differences.push(`line ${i + 1}:\n  wanted ${wanted}\n  got    ${got}`)
  }
  return { differences, reordered }
}

function lines (text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}

function parse (line: string): unknown {
  const text = line.replace(/(:\s*)<now>/g, `$1"${now}"`)
  try {
    return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' ? new Spelled(context?.source ?? String(value)) : value)
  } catch {
    return undefined
  }
}

function same (want: unknown, have: unknown): boolean {
  if (want === now) return isNow(have instanceof Spelled ? have.text : have)
  if (want instanceof Spelled) return have instanceof Spelled && sameNumber(want.text, have.text)
  if (Array.isArray(want)) {
    return Array.isArray(have) && want.length === have.length && want.every((item, i) => same(item, have[i]))
  }
  if (typeof want === 'object' && want !== null) {
    if (typeof have !== 'object' || have === null || Array.isArray(have) || have instanceof Spelled) return false
    const [a, b] = [want as Record<string, unknown>, have as Record<string, unknown>]
    const names = Object.keys(a)
    return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]))
  }
  return want !== undefined && want === have
}

function sameNumber (want: string, have: string): boolean {
  const integer = /^-?\d+$/
  if (integer.test(want) && integer.test(have)) return want === have
  const [a, b] = [Number(want), Number(have)]
  return a === b || Math.abs(a - b) <= (a > 1e9 ? timeTolerance : Math.abs(a) * Number.EPSILON)
}

function isNow (value: unknown): boolean {
  let seconds = Number(value)
  if (Number.isNaN(seconds)) seconds = Date.parse(String(value)) / 1000
  if (seconds > 1e11) seconds /= 1000
  return Math.abs(seconds - Date.now() / 1000) < twoHours
}

/** Keys in their order, all levels. */
function keys (value: unknown): string {
  if (value instanceof Spelled || typeof value !== 'object' || value === null) return ''
  if (Array.isArray(value)) return `[${value.map(keys).join()}]`
  return `{${Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}${keys(inner)}`).join()}}`
}

function sameText (want: string, have: string): boolean {
  if (!want.includes(now)) return want === have
  const pattern = want.split(now).map((part) => RegExp.escape(part)).join('([-0-9.T:Z]+)')
  const match = new RegExp(`^${pattern}$`).exec(have)
  return match !== null && match.slice(1).every(isNow)
}
