/**
 * Upstreams: the nodes of a destination, each with its own host, port, TLS and a few options of the plugin. They stand in
 * `upstream_servers` of the configuration, or in a file of their own with `[UPSTREAM]` and a `[NODE]` for each node.
 */
import { checkOptions, type Checking } from './check-options.ts'
import { networkOptions } from './common-options.ts'
import { entryOf, textOf, type Entry, type Section } from './document.ts'
import type { Fields, Place } from './fields.ts'
import type { NodePlan, OutputPlan } from './plan.ts'

interface Upstream {
  readonly name: string
  readonly place: Place
  readonly nodes: readonly { readonly entries: readonly Entry[]; readonly place: Place }[]
}

const nodeName = { name: { kind: 'string', required: true, doc: 'Name of the node.' } } as const satisfies Fields

/** The upstreams of these sections (those of type `upstream`), in order. */
function readUpstreams(sections: readonly Section[]): Upstream[] {
  const upstreams: { name: string; place: Place; nodes: { entries: readonly Entry[]; place: Place }[] }[] = []
  for (const { type, title, entries, place } of sections) {
    if (type !== 'upstream') continue
    if (title.toLowerCase() === 'node') {
      upstreams.at(-1)?.nodes.push({ entries, place })
      continue
    }
    const nodes = entryOf(entries, 'nodes')?.value
    const items = nodes?.kind === 'list' ? nodes.items : []
    upstreams.push({ name: textOf(entryOf(entries, 'name')?.value) ?? '', place, nodes: items.flatMap((item) => item.kind === 'map' ? [item] : []) })
  }
  return upstreams
}

/** The nodes that the option `upstream` of an output leads to; none when it has no such option. */
export function nodesOf(
  output: Omit<OutputPlan, 'nodes'>, sections: readonly Section[], files: ReadonlyMap<string, readonly Section[]>, checking: Checking
): NodePlan[] {
  const { upstream } = output.options
  const overridable = output.spec.network?.nodes
  if (typeof upstream !== 'string' || overridable === undefined) return []
  const place = output.given.find(({ name }) => name === 'upstream')?.place ?? output.place
  const found = readUpstreams(sections).find(({ name }) => name === upstream) ?? readUpstreams(files.get(upstream) ?? [])[0]
  if (found === undefined || found.nodes.length === 0) {
    // a file that cannot be read has been told
    if (found !== undefined || (files.get(upstream)?.length ?? 0) > 0 || !files.has(upstream)) {
      checking.problems.error('no-nodes', { upstream }, found?.place ?? place)
    }
    return []
  }
  const own = Object.fromEntries(overridable.flatMap((name) => {
    const field = output.spec.options[name]
    return field === undefined ? [] : [[name, field] as const]
  }))
  return found.nodes.flatMap((node) => {
    const title = `a node of the upstream ${found.name}`
    const { options, given } = checkOptions(node.entries, [nodeName, networkOptions, own], { title, place: node.place }, checking)
    const set = new Set(given.map(({ name }) => name))
    for (const option of ['host', 'port']) {
      if (!set.has(option)) checking.problems.error('missing-option', { owner: title, option }, node.place)
    }
    const pick = (values: Record<string, unknown> | undefined): Record<string, unknown> => (
      Object.fromEntries(Object.entries(values ?? {}).filter(([name]) => set.has(name)))
    )
    return [{
      name: String(options[0]?.['name']),
      network: { ...output.network, ...pick(options[1]) },
      options: pick(options[2])
    }]
  })
}
