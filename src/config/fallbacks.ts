/** Which output is whose fallback: `fallback` of an output, or of a route to it. */
import { nearest } from '../lib/edit-distance.ts'
import type { Checking } from './check-options.ts'
import type { InputPlan, OutputPlan } from './plan.ts'
import type { Place } from './fields.ts'

/** The outputs with the labels of their fallbacks; told are names of none, two fallbacks of one output, and circles. */
export function resolveFallbacks(inputs: readonly InputPlan[], outputs: readonly OutputPlan[], checking: Checking): OutputPlan[] {
  const places = new Map<string, Place>()
  const chosen = new Map<string, string>()
  const choose = (owner: OutputPlan, fallback: OutputPlan | undefined, place: Place): void => {
    if (fallback === undefined) return
    const before = chosen.get(owner.label)
    if (before !== undefined && before !== fallback.label) {
      checking.problems.error('two-fallbacks', { output: owner.label, first: before, second: fallback.label }, place)
    }
    chosen.set(owner.label, fallback.label)
    places.set(owner.label, place)
  }
  for (const output of outputs) {
    if (output.fallback === undefined) continue
    const place = output.given.find(({ name }) => name === 'fallback')?.place ?? output.place
    const fallback = outputNamed(output.fallback, outputs)
    if (fallback === undefined) unknownOutput(output.fallback, outputs, place, checking)
    choose(output, fallback, place)
  }
  for (const { to } of inputs.flatMap(({ routes }) => routes)) {
    for (const { output, fallback, place } of to) {
      const owner = outputs.find(({ name }) => name === output)
      if (owner !== undefined) choose(owner, outputs.find(({ name }) => name === fallback), place)
    }
  }
  for (const label of chosen.keys()) {
    if (returns(label, chosen)) checking.problems.error('fallback-circle', { output: label }, places.get(label))
  }
  return outputs.map((output) => ({ ...output, fallback: chosen.get(output.label) }))
}

/** An output by alias, instance name or plugin, as routes and fallbacks name it. */
export function outputNamed(name: string, outputs: readonly OutputPlan[]): OutputPlan | undefined {
  return outputs.find(({ alias }) => alias === name) ?? outputs.find((output) => output.name === name) ??
    outputs.find(({ plugin }) => plugin === name)
}

export function unknownOutput(name: string, outputs: readonly OutputPlan[], place: Place, checking: Checking): void {
  const labels = outputs.map(({ label }) => label)
  const near = nearest(name, labels)
  checking.problems.error('unknown-output', { name }, place, {
    length: name.length, hint: near === undefined ? `Outputs are ${labels.join(', ')}.` : `Did you mean ${near}?`
  })
}

/** Whether the way of fallbacks from an output leads back to it. */
function returns(label: string, chosen: ReadonlyMap<string, string>): boolean {
  const seen = new Set<string>()
  for (let next = chosen.get(label); next !== undefined && !seen.has(next); next = chosen.get(next)) {
    if (next === label) return true
    seen.add(next)
  }
  return false
}
