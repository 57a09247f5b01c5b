/**
 * From a configuration to a plan, or to all of its problems. Strict by default; `tolerant` turns what Fluent Bit lets
 * pass (unknown service keys and sections, integers that are none, outputs without match, a parser of tail that is
 * nowhere defined) into warnings, so that a node is never blind over a typo it has had for years.
 */

import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

import { nearest } from '../lib/edit-distance.ts'
import { checkOptions, type Checking, type Owner } from './check-options.ts'
import { filterOptions, inputOptions, networkOptions, outputOptions } from './common-options.ts'
import { readMultilineParsers, readParsers } from './definitions.ts'
import { entryOf, textOf, type Entry, type Section } from './document.ts'
import { Environment } from './environment.ts'
import { outputNamed, resolveFallbacks, unknownOutput } from './fallbacks.ts'
import type { Fields, OptionsOf } from './fields.ts'
import { findPlugin, type Kind } from './find-plugin.ts'
import { unsupportedSections } from './fluent-bit-names.ts'
import { loadFile, loadSections, type Loaded } from './load.ts'
import { maskProblem, maskSources } from './mask.ts'
import { namedPlugins } from './named-plugins.ts'
import type { FilterPlan, InputPlan, OutputPlan, Plan, RoutePlan } from './plan.ts'
import { Problems, type Problem, type Sources } from './problem.ts'
import { readProcessors, readRoutes } from './processors.ts'
import { checkReach } from './reach.ts'
import { References } from './references.ts'
import { serviceOptions } from './service-options.ts'
import type { PlanOptions, Tables, TablesFor } from './tables.ts'
import { nodesOf } from './upstreams.ts'
import { defaultOf } from './values.ts'

export interface Result {
  /** Missing when there are errors. */
  readonly plan: Plan | undefined
  /** Errors and warnings in the order of the files; no secret in them. */
  readonly problems: readonly Problem[]
  readonly sources: Sources
}

type Variables = Readonly<Record<string, string | undefined>>

/** Reads and checks the configuration file `path`. */
export async function planFile(
  path: string,
  variables: Variables,
  tables: Tables | TablesFor,
  options: PlanOptions = {}
): Promise<Result> {
  const problems = new Problems()
  return await planLoaded(await loadFile(path, new Environment(variables), problems), problems, tables, options)
}

/**
 * Checks sections that did not come from a file, such as those of a command line; `sources` has the texts that their
 * places point into. The file `path`, if one is named beside them, adds to them; their service options win.
 */
export async function planSections(
  sections: readonly Section[],
  sources: Sources,
  variables: Variables,
  tables: Tables | TablesFor,
  options: PlanOptions = {},
  path?: string
): Promise<Result> {
  const problems = new Problems()
  return await planLoaded(await loadSections(sections, sources, new Environment(variables), problems, path), problems, tables, options)
}

async function planLoaded(loaded: Loaded, problems: Problems, tables: Tables | TablesFor, options: PlanOptions): Promise<Result> {
  const known = typeof tables === 'function' ? await tables(namedPlugins(loaded.sections)) : tables
  return new Planner(loaded, problems, known, options).plan()
}

/** What every kind of instance has, as found in its section. */
interface Found<Spec> {
  readonly section: Section
  readonly spec: Spec
  readonly plugin: string
  readonly name: string
}

const sectionNames = ['env', 'includes', 'service', 'parsers', 'multiline_parsers', 'pipeline']

class Planner {
  readonly #loaded: Loaded
  readonly #tables: Tables
  readonly #options: PlanOptions
  readonly #checking: Checking

  constructor(loaded: Loaded, problems: Problems, tables: Tables, options: PlanOptions) {
    this.#loaded = loaded
    this.#tables = tables
    this.#options = options
    this.#checking = { problems, tolerant: options.tolerant === true, hidden: [] }
  }

  plan(): Result {
    const { sections, environment } = this.#loaded
    const { problems, hidden } = this.#checking
    this.#checkSections()
    const service = this.#service()
    const parsers = readParsers(sections, this.#checking)
    const multilineParsers = readMultilineParsers(sections, this.#checking)
    const references = new References(parsers, multilineParsers, this.#tables, this.#checking, this.#options)
    this.#checkDefinitions(parsers, multilineParsers, references)
    const inputs = this.#find('input', this.#tables.inputs).map((found) => this.#input(found, service, references))
    const filters = this.#find('filter', this.#tables.filters).map((found) => this.#filter(found, references))
    const outputs = this.#connect(inputs, this.#find('output', this.#tables.outputs).map((found) => {
      return this.#output(found, references)
    }))
    this.#checkAliases([...inputs, ...filters, ...outputs])
    const routed = inputs.map((input) => ({ ...input, routes: this.#resolveRoutes(input.routes, outputs) }))
    const complete = resolveFallbacks(routed, outputs, this.#checking)
    this.#checkPipeline(routed, filters, complete)

    const sources = maskSources(this.#loaded.sources, hidden, environment.secrets)
    const told = inOrder(problems.list, sources).map((problem) => maskProblem(problem, hidden, environment.secrets))
    const warnings = told.filter(({ level }) => level === 'warning')
    const plan: Plan = {
      service,
      parsers,
      multilineParsers,
      inputs: routed,
      filters,
      outputs: complete,
      warnings,
      secretFiles: environment.files,
      sources
    }
    return { plan: warnings.length === told.length ? plan : undefined, problems: told, sources }
  }

  /** Every section is of a known kind. */
  #checkSections(): void {
    const known = new Set(['service', 'parser', 'multiline_parser', 'input', 'filter', 'output', 'upstream'])
    for (const { type, title, place, entries } of this.#loaded.sections) {
      if (known.has(type) || (type === 'plugins' && entries.length === 0)) continue
      if (unsupportedSections.includes(type)) {
        this.#checking.problems.error('unsupported-section', { section: title }, place, { length: title.length })
        continue
      }
      const classic = this.#loaded.sources.get(place.file)?.split('\n')[place.line - 1]?.startsWith('[') === true
      const names = type.startsWith('pipeline.') ? ['inputs', 'filters', 'outputs'] : sectionNames
      const near = nearest(title, classic ? [...known].map((name) => name.toUpperCase()) : names)
      const level = this.#checking.tolerant ? 'warning' : 'error'
      this.#checking.problems[level]('unknown-section', { section: title }, place, {
        length: title.length + (classic ? 2 : 0),
        hint: near === undefined ? undefined : `Did you mean ${near}?`
      })
    }
  }

  #service(): Plan['service'] {
    const sections = this.#loaded.sections.filter(({ type }) => type === 'service')
    const place = sections[0]?.place ?? { file: '', line: 1, column: 1 }
    const owner = {
      title: 'service',
      place,
      skip: ['plugins_file', 'streams_file'],
      lenient: () => true,
      scopes: ['service']
    } as const
    const entries = sections.flatMap((section) => section.entries)
    for (const entry of entries) this.#refuseExtraFile(entry)
    const { options, given } = checkOptions(entries, [serviceOptions], owner, this.#checking)
    const none = new References([], [], this.#tables, this.#checking, this.#options)
    none.check(given, serviceOptions, false)
    // checkOptions fills every declared name with a value of its kind.
    return (options[0] ?? {}) as Plan['service']
  }

  /** Files of shared libraries and stream tasks are harmless while they hold nothing, as in Fluent Bit's own image. */
  #refuseExtraFile(entry: Entry): void {
    const name = entry.key.toLowerCase()
    if (name !== 'plugins_file' && name !== 'streams_file') return
    const { problems } = this.#checking
    const file = this.#options.elsewhere === true ? '' : readExtraFile(textOf(entry.value) ?? '', entry.place.file)
    if (file === undefined) {
      problems.error('option-file', { option: entry.key, reason: 'there is no such file' }, entry.value.place)
    } else if (/^\s*[^#[\s]/m.test(file.replace(/^\s*(plugins|stream_processor)\s*:\s*(\[\s*\])?\s*$/gm, ''))) {
      problems.error('unsupported-section', { section: entry.key }, entry.place, {
        length: entry.key.length,
        hint: name === 'plugins_file' ? 'Shared libraries of Fluent Bit cannot be loaded.' : 'There is no stream processor.'
      })
    }
  }

  #find<Spec>(kind: Kind, table: Readonly<Record<string, Spec>>): Found<Spec>[] {
    const counts = new Map<string, number>()
    return this.#loaded.sections.filter(({ type }) => type === kind).flatMap((section): Found<Spec>[] => {
      const found = findPlugin(kind, entryOf(section.entries, 'name'), section.place, table, this.#checking)
      if (found === undefined) return []
      const count = counts.get(found.plugin) ?? 0
      counts.set(found.plugin, count + 1)
      return [{ ...found, section, name: `${found.plugin}.${count}` }]
    })
  }

  #check(found: Found<unknown>, kind: Kind, own: Fields, common: readonly Fields[], references: References) {
    const { section, plugin } = found
    const owner: Owner = {
      title: `the ${kind} ${plugin}`,
      place: section.place,
      skip: ['name'],
      // Fluent Bit gives network options to every input and output.
      lenient: (name: string) => kind !== 'filter' && (name === 'listen' || name in networkOptions),
      plugin,
      scopes: ['own', 'common', 'common']
    }
    const checked = checkOptions(section.entries, [own, ...common], owner, this.#checking)
    const fields = [...common, own].reduce<Fields>((all, some) => ({ ...all, ...some }), {})
    const unset = references.check(checked.given, fields, plugin === 'tail')
    const options = { ...checked.options[0] }
    for (const name of unset) delete options[name]
    return { options, rest: checked.options.slice(1), given: checked.given }
  }

  #input(found: Found<InputPlan['spec']>, service: Plan['service'], references: References): InputPlan {
    const { section, spec, plugin, name } = found
    const { options, rest, given } = this.#check(found, 'input', spec.options, [inputOptions], references)
    // checkOptions fills every declared name with a value of its kind.
    const checked = rest[0] as OptionsOf<typeof inputOptions>
    const common = checked.mem_buf_limit > 0 ? checked : { ...checked, mem_buf_limit: inputOptions.mem_buf_limit.default }
    const inherited = service['storage.inherit'] ? service['storage.type'] : undefined
    return {
      spec,
      plugin,
      name,
      alias: common.alias,
      label: common.alias ?? name,
      options,
      common,
      given,
      tag: common.tag ?? name,
      storage: common['storage.type'] ?? inherited ?? (spec.acknowledges === true ? 'filesystem' : 'memory'),
      processors: readProcessors(entryOf(section.entries, 'processors'), name, this.#tables, this.#checking, true),
      routes: readRoutes(entryOf(section.entries, 'routes'), name, this.#tables, this.#checking),
      place: section.place
    }
  }

  #filter(found: Found<FilterPlan['spec']>, references: References): FilterPlan {
    const { section, spec, plugin, name } = found
    const { options, rest, given } = this.#check(found, 'filter', spec.options, [filterOptions], references)
    // checkOptions fills every declared name with a value of its kind.
    const common = rest[0] as OptionsOf<typeof filterOptions>
    if (common.match === undefined && common.match_regex === undefined) {
      this.#checking.problems.error('no-match', { kind: 'filter' }, section.place, { hint: 'Give it match: \'*\' for all tags.' })
    }
    return { spec, plugin, name, alias: common.alias, label: common.alias ?? name, options, common, given, place: section.place }
  }

  #output(found: Found<OutputPlan['spec']>, references: References): OutputPlan {
    const { section, spec, plugin, name } = found
    const sets = spec.network === undefined ? [outputOptions] : [outputOptions, networkOptions]
    const { options, rest, given } = this.#check(found, 'output', spec.options, sets, references)
    // checkOptions fills every declared name with a value of its kind.
    const common = rest[0] as OptionsOf<typeof outputOptions>
    const network = (rest[1] ?? defaultsOf(networkOptions)) as OptionsOf<typeof networkOptions>
    const plan = {
      spec,
      plugin,
      name,
      alias: common.alias,
      label: common.alias ?? name,
      options,
      common,
      network: { ...network, port: network.port ?? spec.network?.port },
      given,
      fallback: common.fallback,
      processors: readProcessors(entryOf(section.entries, 'processors'), name, this.#tables, this.#checking, false),
      match: common.match,
      place: section.place
    }
    return { ...plan, nodes: nodesOf(plan, this.#loaded.sections, this.#loaded.upstreams, this.#checking) }
  }

  /** The only output beside an only input takes everything; another one without match must be named by a route. */
  #connect(inputs: readonly InputPlan[], outputs: readonly OutputPlan[]): OutputPlan[] {
    const only = inputs.length === 1 && outputs.length === 1 && inputs[0]?.routes.length === 0
    const named = new Set([
      ...inputs.flatMap(({ routes }) => routes.flatMap(({ to }) => to.flatMap(({ output, fallback }) => [output, fallback ?? output]))),
      ...outputs.flatMap(({ fallback }) => fallback ?? [])
    ])
    return outputs.map((output): OutputPlan => {
      if (output.match !== undefined || output.common.match_regex !== undefined) return output
      if (only) return { ...output, match: '*' }
      if (!named.has(output.label) && !named.has(output.name) && !named.has(output.plugin)) {
        const level = this.#checking.tolerant ? 'warning' : 'error'
        this.#checking.problems[level]('no-match', { kind: 'output' }, output.place, { hint: 'Give it a match.' })
      }
      return output
    })
  }

  #resolveRoutes(routes: readonly RoutePlan[], outputs: readonly OutputPlan[]): RoutePlan[] {
    const resolve = (name: string, target: RoutePlan['to'][number]): string[] => {
      const found = outputNamed(name, outputs)
      if (found !== undefined) return [found.name]
      // An output whose plugin is unknown has been told; that routes name it is no further problem.
      const written = this.#loaded.sections.filter(({ type }) => type === 'output').flatMap(({ entries }) => {
        return [textOf(entryOf(entries, 'alias')?.value), textOf(entryOf(entries, 'name')?.value)]
      })
      if (written.includes(name)) return []
      unknownOutput(name, outputs, target.place, this.#checking)
      return []
    }
    return routes.map((route) => ({
      ...route,
      to: route.to.flatMap((target) => resolve(target.output, target).map((output) => ({
        ...target,
        output,
        fallback: target.fallback === undefined ? undefined : resolve(target.fallback, target)[0]
      })))
    }))
  }

  #checkDefinitions(
    parsers: Plan['parsers'],
    multilineParsers: Plan['multilineParsers'],
    references: References
  ): void {
    for (const { name, options, given, place } of parsers) {
      const before = this.#checking.problems.list.length
      if (options.regex !== undefined) {
        references.regex(options.regex, given.find((property) => property.name === 'regex')?.place ?? place)
      }
      const whole = this.#checking.problems.list.length === before && this.#checking.problems.errors.length === 0
      const reason = whole ? this.#tables.parserFault?.(options) : undefined
      if (reason !== undefined) {
        this.#checking.problems.error('invalid-option', { owner: `the parser ${name}`, reason }, place)
      }
    }
    for (const { options, given, rules, place } of multilineParsers) {
      for (const rule of rules) references.regex(rule.regex, rule.place)
      if (options.parser !== undefined) {
        references.parser(options.parser, given.find(({ name }) => name === 'parser')?.place ?? place)
      }
    }
  }

  #checkAliases(instances: readonly { readonly alias: string | undefined; readonly place: Section['place'] }[]): void {
    const seen = new Set<string>()
    for (const { alias, place } of instances) {
      if (alias === undefined) continue
      if (seen.has(alias)) {
        const level = this.#checking.tolerant ? 'warning' : 'error'
        this.#checking.problems[level]('duplicate-name', { kind: 'alias', name: alias }, place)
      }
      seen.add(alias)
    }
  }

  #checkPipeline(inputs: readonly InputPlan[], filters: readonly FilterPlan[], outputs: readonly OutputPlan[]): void {
    const { problems, tolerant } = this.#checking
    // Sections that name no plugin of ours have been told already.
    const given = new Set(this.#loaded.sections.map(({ type }) => type))
    const [file] = this.#loaded.sources.keys()
    if (file === undefined) return
    const place = this.#loaded.sections.at(0)?.place ?? { file, line: 1, column: 1 }
    const clean = problems.errors.length === 0
    if (clean && !given.has('input')) problems.error('no-inputs', {}, place)
    if (clean && !given.has('output')) problems[tolerant ? 'warning' : 'error']('no-outputs', {}, place)
    const complete = this.#loaded.sections.filter(({ type }) => type === 'input' || type === 'output').length ===
      inputs.length + outputs.length
    if (complete) checkReach(inputs, filters, outputs, this.#checking)
  }
}

/** By file in the order of reading, then by line and column; problems without a place first. */
function inOrder(problems: readonly Problem[], sources: Sources): Problem[] {
  const files = [...sources.keys()]
  const rank = ({ place }: Problem): number => place === undefined ? -1 : files.indexOf(place.file)
  return problems.toSorted((a, b) => {
    return rank(a) - rank(b) || (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0)
  })
}

/** The text of a file, relative to the working directory or to the file that names it; undefined when there is none. */
function readExtraFile(path: string, from: string): string | undefined {
  for (const candidate of [path, resolve(dirname(from), path)]) {
    try {
      return readFileSync(candidate, 'utf8')
    } catch {
      // The next candidate, or none.
    }
  }
  return undefined
}

function defaultsOf(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, defaultOf(field)]))
}
