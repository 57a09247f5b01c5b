/**
 * The plugins of one kind by the name that a configuration gives. Each is a module of its own that is loaded when it is
 * asked for: an agent pays, at its start and in memory, for what its configuration names.
 */
export type Catalog<Spec> = Readonly<Record<string, () => Promise<Spec>>>

/** Loads the plugins of a catalog that `wanted` names, all of them when it is not given. */
export async function loadPlugins<Spec>(catalog: Catalog<Spec>, wanted?: ReadonlySet<string>): Promise<Record<string, Spec>> {
  const entries = Object.entries(catalog).filter(([name]) => wanted === undefined || wanted.has(name))
  return Object.fromEntries(await Promise.all(entries.map(async ([name, load]) => [name, await load()] as const)))
}
