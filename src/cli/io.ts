/** What a command may touch of the outside, so that it can be tested without a process. */
export interface Io {
  /** Standard output, without a newline of its own. */
  out(text: string): void
  /** Standard error. */
  err(text: string): void
  readonly env: Readonly<Record<string, string | undefined>>
  /** Standard output is a terminal that a person watches. */
  readonly terminal: boolean
  /** Aborts when the process is asked to end. */
  readonly stop: AbortSignal
  /** Calls back at each SIGHUP, which ends the process no longer. */
  readonly onHangup: (callback: () => void) => void
  /** Aborts when it is asked again, or has no time left. */
  readonly stopNow: AbortSignal
}

/** Writes lines to standard output. */
export function print(io: Io, ...lines: readonly string[]): void {
  io.out(lines.map((line) => `${line}\n`).join(''))
}

/** Two columns, the second aligned. */
export function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd())
}
