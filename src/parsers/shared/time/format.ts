/**
 * A time format (strptime with Fluent Bit's extensions) as a list of steps. Composite conversions are written out, white
 * space of any length is one step, `%E` and `%O` before a conversion are skipped.
 */

/** Steps: a byte to be met as it is, or one of these, which are beyond bytes. */
export const BLANKS = 256
export const FRACTION = 257
/** Conversions by their letter: CONVERSION + code of the letter. */
export const CONVERSION = 512

export const step = (letter: string): number => CONVERSION + letter.charCodeAt(0)

const COMPOSITE: { readonly [letter: string]: string } = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  R: '%H:%M',
  r: '%I:%M:%S %p',
  T: '%H:%M:%S',
  X: '%H:%M:%S',
  x: '%m/%d/%y'
}

/** Letters that mean the same to the parser. */
const SAME: { readonly [letter: string]: string } = { A: 'a', B: 'b', h: 'b', k: 'H', l: 'I', W: 'U', V: 'U', t: 'n' }

export interface TimeFormat {
  readonly steps: readonly number[]
  /** The text says its zone, or `Z` stands behind the seconds. */
  readonly hasZone: boolean
  /** The text says its year, or counts from 1970. */
  readonly hasYear: boolean
}

export class TimeFormatError extends Error {}

export function compileFormat(format: string): TimeFormat {
  const steps = stepsOf(format)
  // Only the first fraction is one: what Fluent Bit makes of a second is no conversion at all.
  if (steps.filter((one) => one === FRACTION).length > 1) throw new TimeFormatError('%L stands twice')
  return {
    steps,
    hasZone: /%z|%Z|%SZ|%S\.%LZ|%TZ|%T\.%LZ/.test(format),
    hasYear: ['Y', 'y', 's', 'C', 'G'].some((letter) => steps.includes(step(letter)))
  }
}

function stepsOf(format: string): number[] {
  const steps: number[] = []
  const bytes = Buffer.from(format)
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte === 0x20 || (byte >= 9 && byte <= 13)) {
      if (steps[steps.length - 1] !== BLANKS) steps.push(BLANKS)
      continue
    }
    if (byte !== 0x25) {
      steps.push(byte)
      continue
    }
    let letter = String.fromCharCode(bytes[++i] ?? 0)
    while (letter === 'E' || letter === 'O') letter = String.fromCharCode(bytes[++i] ?? 0)
    steps.push(...conversion(letter))
  }
  return steps
}

function conversion(letter: string): number[] {
  if (letter === '%') return [0x25]
  if (letter === 'L') return [FRACTION]
  const composite = COMPOSITE[letter]
  if (composite !== undefined) return stepsOf(composite)
  const same = SAME[letter] ?? letter
  if (!'abCdeHIjMmpSsUwugGYyZzn'.includes(same)) throw new TimeFormatError(letter === '\0' ? 'a % at the end' : `unknown conversion %${letter}`)
  return [step(same)]
}
