/** Takes secrets out of what is shown: the lines of files and the sentences of problems. */

import type { Hidden } from './check-options.ts'
import type { Problem, Sources } from './problem.ts'

const cover = '***'

/** Copies of `sources` in which the values at `hidden` places cannot be read. */
export function maskSources(sources: Sources, hidden: readonly Hidden[], texts: Iterable<string>): Map<string, string> {
  const masked = new Map<string, string[]>()
  for (const { place } of hidden) {
    const text = sources.get(place.file)
    const lines = masked.get(place.file) ?? text?.split('\n')
    if (lines === undefined) continue
    masked.set(place.file, lines)
    const line = lines[place.line - 1] ?? ''
    lines[place.line - 1] = line.slice(0, place.column - 1) + cover
    maskBlock(lines, place.line, indentOf(line))
  }
  const secrets = longEnough([...texts, ...hidden.map(({ text }) => text)])
  return new Map([...sources].map(([file, text]) => [file, hideTexts(masked.get(file)?.join('\n') ?? text, secrets)]))
}

/** The problem with secrets taken out of its sentence. */
export function maskProblem(problem: Problem, hidden: readonly Hidden[], texts: Iterable<string>): Problem {
  const secrets = longEnough([...texts, ...hidden.map(({ text }) => text)])
  return { ...problem, message: hideTexts(problem.message, secrets) }
}

/** A YAML block (`key: |`) goes on below, further indented. */
function maskBlock(lines: string[], from: number, indent: number): void {
  for (let index = from; index < lines.length; index++) {
    const line = lines[index] ?? ''
    if (line.trim() !== '' && (indentOf(line) <= indent || line.trimStart().startsWith('#'))) return
    if (/^\s*(- )?["']?[\w.]+["']?\s*:(\s|$)/.test(line)) return
    if (line.trim() !== '') lines[index] = line.slice(0, indentOf(line)) + cover
  }
}

function hideTexts(text: string, secrets: readonly string[]): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, cover), text)
}

/** Replacing very short texts would cover half of every sentence and hide nothing. */
function longEnough(texts: Iterable<string>): string[] {
  return [...texts].filter((text) => text.length >= 4)
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}
