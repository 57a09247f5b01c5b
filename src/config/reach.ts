/** Which data can reach which output, as far as tags can tell before any data has come. */

import type { Checking } from './check-options.ts'
import type { FilterPlan, InputPlan, OutputPlan } from './plan.ts'

/** Inputs whose senders choose the tag, and filters that make new tags. */
const taggingInputs = new Set(['forward', 'http', 'opentelemetry', 'elasticsearch', 'splunk', 'prometheus_remote_write'])
const taggingFilters = new Set(['rewrite_tag', 'log_to_metrics', 'lua', 'wasm'])

/** Says which inputs' data goes nowhere and which outputs get nothing; an error when nothing flows at all. */
export function checkReach(
  inputs: readonly InputPlan[],
  filters: readonly FilterPlan[],
  outputs: readonly OutputPlan[],
  checking: Checking
): void {
  if (inputs.length === 0 || outputs.length === 0) return
  if (filters.some(({ plugin }) => taggingFilters.has(plugin))) return
  const pairs = inputs.map((input) => outputs.filter((output) => reaches(input, output)))
  const anything = pairs.some((reached) => reached.length > 0)
  const level = anything || checking.tolerant ? 'warning' : 'error'
  for (const [index, input] of inputs.entries()) {
    if ((pairs[index] ?? []).length > 0 || !input.common.routable) continue
    const wanted = outputs.flatMap(({ match }) => match ?? [])
    checking.problems[level]('input-goes-nowhere', { input: input.label, tag: input.tag }, input.place, {
      hint: wanted.length === 0 ? 'Give an output a match.' : `The outputs match ${wanted.join(', ')}.`
    })
  }
  for (const output of outputs) {
    if (pairs.some((reached) => reached.includes(output)) || selector(output) === undefined) continue
    const tags = inputs.map(({ tag }) => tag)
    checking.problems.warning('output-gets-nothing', { output: output.label, match: selector(output) ?? '' }, output.place, {
      hint: `The tags are ${tags.join(', ')}.`
    })
  }
}

function reaches(input: InputPlan, output: OutputPlan): boolean {
  if (!input.common.routable) return false
  if (input.routes.some(({ to }) => to.some((target) => target.output === output.name || target.fallback === output.name))) {
    return true
  }
  const tag = taggingInputs.has(input.plugin) ? '*' : input.tag
  const { match_regex } = output.common
  if (match_regex !== undefined && mayMatch(match_regex, tag)) return true
  return output.match !== undefined && patternsMeet(output.match, tag)
}

function selector(output: OutputPlan): string | undefined {
  return output.match ?? output.common.match_regex
}

/** Only plain tags and expressions that JavaScript reads, too, can be told apart here. */
function mayMatch(regex: string, tag: string): boolean {
  if (tag.includes('*')) return true
  try {
    return new RegExp(`^(?:${regex.replace(/^\/(.*)\/$/, '$1')})`).test(tag)
  } catch {
    return true
  }
}

/** Is there a text that both patterns match? `*` stands for any characters. */
export function patternsMeet(a: string, b: string): boolean {
  const known = new Map<string, boolean>()
  const meet = (i: number, j: number): boolean => {
    const key = `${i},${j}`
    const before = known.get(key)
    if (before !== undefined) return before
    const result = compute(i, j)
    known.set(key, result)
    return result
  }
  const compute = (i: number, j: number): boolean => {
    if (i === a.length && j === b.length) return true
    if (a[i] === '*') return meet(i + 1, j) || (j < b.length && meet(i, j + 1))
    if (b[j] === '*') return meet(i, j + 1) || (i < a.length && meet(i + 1, j))
    return i < a.length && a[i] === b[j] && meet(i + 1, j + 1)
  }
  return meet(0, 0)
}
