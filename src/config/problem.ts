/**
 * A problem of a configuration: what is wrong, where, and what to do. `renderProblem` shows it with the line itself:
 *
 *     agent.yaml:7:7: error: unknown option refresh_intervall of the input tail
 *        7 |       refresh_intervall: 5
 *          |       ^^^^^^^^^^^^^^^^^
 *       Did you mean refresh_interval?
 */

import { message, type ErrorCode, type Details } from '../errors.ts'
import type { Place } from './fields.ts'

export interface Problem {
  readonly code: ErrorCode
  readonly message: string
  readonly level: 'error' | 'warning'
  /** Missing for problems of the command line. */
  readonly place?: Place
  /** How many characters the caret underlines. */
  readonly length?: number
  /** What to do, a sentence. */
  readonly hint?: string
}

export interface Extra {
  readonly length?: number | undefined
  readonly hint?: string | undefined
}

/** Collects problems, so that all of them are told at once. */
export class Problems {
  readonly list: Problem[] = []

  error<Code extends ErrorCode>(code: Code, details: Details<Code>, place?: Place, extra: Extra = {}): void {
    this.#add('error', code, details, place, extra)
  }

  warning<Code extends ErrorCode>(code: Code, details: Details<Code>, place?: Place, extra: Extra = {}): void {
    this.#add('warning', code, details, place, extra)
  }

  get errors(): Problem[] {
    return this.list.filter((problem) => problem.level === 'error')
  }

  get warnings(): Problem[] {
    return this.list.filter((problem) => problem.level === 'warning')
  }

  #add<Code extends ErrorCode>(
    level: Problem['level'],
    code: Code,
    details: Details<Code>,
    place: Place | undefined,
    extra: Extra
  ): void {
    // The compiler has checked the details against the code; the tuple type of message() cannot be proved here.
    const fill = message as (code: ErrorCode, details: object) => string
    this.list.push({
      code,
      level,
      message: fill(code, details),
      ...(place === undefined ? {} : { place }),
      ...(extra.length === undefined ? {} : { length: extra.length }),
      ...(extra.hint === undefined ? {} : { hint: extra.hint })
    })
  }
}

/** Thrown when a configuration cannot be used; carries every problem found. */
export class ConfigurationError extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[], cause?: unknown) {
    super(problems.map((problem) => renderHead(problem)).join('\n'), { cause })
    this.name = 'ConfigurationError'
    this.problems = problems
  }
}

/** The texts of the files that were read, by path, with secrets replaced; used to show lines. */
export type Sources = ReadonlyMap<string, string>

/** How much of a line is shown. A minified file is one line. */
const widest = 160

/** How much of a sentence is shown: it may quote a value of any length. */
const longest = 1000

/** How many problems are shown at once: those who read them begin at the first. */
const mostShown = 50

/** One problem as text of several lines, without a final newline. */
export function renderProblem(problem: Problem, sources: Sources): string {
  const lines = [renderHead(problem)]
  const { place } = problem
  const line = place === undefined ? undefined : sources.get(place.file)?.split(/\r?\n/)[place.line - 1]
  if (place !== undefined && line !== undefined && line.trim() !== '') {
    const number = String(place.line).padStart(4)
    const { shown, before, room } = cut(line, place.column - 1)
    const carets = '^'.repeat(Math.max(1, Math.min(problem.length ?? 1, room)))
    lines.push(`${number} | ${shown}`, `${' '.repeat(number.length)} | ${before}${carets}`)
  }
  if (problem.hint !== undefined) lines.push(`  ${problem.hint}`)
  return printable(lines.join('\n'))
}

/** What is shown of a line whose character `at` is meant, blanks as wide as what stands before it, and the room from there on. */
function cut(line: string, at: number): { shown: string; before: string; room: number } {
  const start = line.length <= widest ? 0 : Math.max(0, Math.min(at - widest / 2, line.length - widest))
  const end = Math.min(line.length, start + widest)
  const lead = start > 0 ? '…' : ''
  return {
    shown: `${lead}${line.slice(start, end)}${end < line.length ? '…' : ''}`,
    before: `${lead}${line.slice(start, at)}`.replace(/[^\t]/g, ' '),
    room: end - at
  }
}

/**
 * The problems as text, in the order of the files and lines, with a blank line between. Of very many the first are
 * shown, errors before warnings, and the others counted.
 */
export function renderProblems(problems: readonly Problem[], sources: Sources): string {
  const errors = problems.filter(({ level }) => level === 'error')
  const warnings = problems.filter(({ level }) => level === 'warning')
  const kept = new Set([...errors, ...warnings].slice(0, mostShown))
  const texts = problems.filter((problem) => kept.has(problem)).map((problem) => renderProblem(problem, sources))
  if (problems.length > mostShown) {
    texts.push(`and ${problems.length - mostShown} more, ${problems.length} in all: ${errors.length} errors, ${warnings.length} warnings`)
  }
  return texts.join('\n\n')
}

function renderHead(problem: Problem): string {
  const where = problem.place === undefined
    ? ''
    : `${problem.place.file}:${problem.place.line}:${problem.place.column}: `
  return `${where}${problem.level}: ${shortened(problem.message)}`
}

function shortened(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…`
}

/** Control characters of a binary file would reach the terminal. */
function printable(text: string): string {
  return text.replace(/(?![\t\n])\p{Cc}/gu, '\ufffd')
}
