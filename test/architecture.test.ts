import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const root = path.join(import.meta.dirname, '..')

/** Layer → layers it may import. A layer is a folder of src, or a file where one stands alone. */
const layers: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  errors: [],
  event: ['lib', 'errors'],
  metrics: ['event', 'lib', 'errors'],
  'config/fields': ['lib', 'errors'],
  config: ['config/fields', 'plugin', 'lib', 'errors'],
  plugin: ['event', 'config/fields', 'metrics', 'lib', 'errors'],
  inputs: ['plugin', 'event', 'config/fields', 'lib', 'errors'],
  parsers: ['plugin', 'event', 'config/fields', 'lib', 'errors'],
  filters: ['plugin', 'event', 'config/fields', 'lib', 'errors'],
  outputs: ['plugin', 'event', 'config/fields', 'lib', 'errors'],
  buffer: ['event', 'metrics', 'lib', 'errors'],
  pipeline: ['plugin', 'event', 'buffer', 'metrics', 'lib', 'errors'],
  log: ['plugin', 'lib', 'errors'],
  agent: [
    'log', 'pipeline', 'buffer', 'inputs', 'parsers', 'filters', 'outputs', 'plugin', 'config', 'config/fields', 'event', 'metrics', 'lib', 'errors'
  ],
  'run-agent': ['agent', 'config', 'log', 'metrics', 'errors'],
  cli: [
    'run-agent', 'agent', 'pipeline', 'config', 'config/fields', 'inputs', 'parsers', 'filters', 'outputs', 'plugin', 'buffer', 'event', 'log', 'lib', 'errors'
  ],
  main: ['cli', 'run-agent', 'agent', 'config', 'log', 'lib', 'errors']
}

const pluginFolders = ['inputs', 'parsers', 'filters', 'outputs']

interface Import {
  readonly from: string
  readonly to: string
  /** Erased before it runs. */
  readonly type: boolean
}

const sources = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .sort()
const texts = new Map(sources.map((name) => [name, readFileSync(path.join(root, 'src', name), 'utf8')]))
const imports = sources.flatMap(importsOf)

function importsOf (name: string): Import[] {
  const found: Import[] = []
  const statement = /^\s*(?:import|export)\s+(type\s)?(?:[^'"]*?\sfrom\s+)?['"](\.[^'"]+)['"]/gm
  const dynamic = /\bimport\(\s*['"](\.[^'"]+)['"]\s*\)/g
  const text = texts.get(name) ?? ''
  const target = (specifier: string): string => path.posix.join(path.posix.dirname(name), specifier)
  for (const [, type, specifier = ''] of text.matchAll(statement)) found.push({ from: name, to: target(specifier), type: type !== undefined })
  for (const [, specifier = ''] of text.matchAll(dynamic)) found.push({ from: name, to: target(specifier), type: false })
  return found
}

function layerOf (name: string): string {
  if (name === 'config/fields.ts') return 'config/fields'
  const [first = ''] = name.split('/')
  return first.replace(/\.ts$/, '')
}

/** Plugins that are one implementation under two names. */
const families: Readonly<Record<string, string>> = {
  'outputs/cloudwatch': 'outputs/cloudwatch-logs',
  'outputs/es': 'outputs/elasticsearch',
  'outputs/firehose': 'outputs/kinesis',
  'outputs/kinesis-firehose': 'outputs/kinesis',
  'outputs/kinesis-streams': 'outputs/kinesis',
  'outputs/opensearch': 'outputs/elasticsearch'
}

/** `inputs/tail/file.ts` belongs to plugin `inputs/tail`; so does `inputs/tail.ts`. The table and `shared` belong to none. */
function pluginOf (name: string): string | undefined {
  const [folder = '', second = ''] = name.split('/')
  if (!pluginFolders.includes(folder) || second === 'index.ts' || second === 'shared') return undefined
  const plugin = `${folder}/${second.replace(/\.ts$/, '')}`
  return families[plugin] ?? plugin
}

describe('imports', () => {
  it('find their targets', () => {
    expect(imports.filter(({ to }) => to.endsWith('.ts') && !texts.has(to)).map(({ from, to }) => `${from} → ${to}`)).toEqual([])
  })

  it('go down the layer table only', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [upper, lower] = [layerOf(from), layerOf(to)]
      return to.endsWith('.ts') && upper !== lower && layers[upper]?.includes(lower) !== true
    })
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
  })

  it('never lead from one plugin to another', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [one, other] = [pluginOf(from), pluginOf(to)]
      return one !== undefined && other !== undefined && one !== other
    })
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
  })

  it('reach the parts of a plugin, kept in a folder of its name, from this plugin only', () => {
    const wrong = imports.filter(({ from, to }) => {
      const owner = pluginOf(to)
      return owner !== undefined && to.split('/').length > 2 && pluginOf(from) !== owner
    })
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
  })

  it('have no cycle', () => {
    const cycles: string[] = []
    const state = new Map<string, 'open' | 'done'>()
    const visit = (name: string, way: readonly string[]): void => {
      if (state.get(name) === 'done') return
      if (state.get(name) === 'open') {
        cycles.push([...way.slice(way.indexOf(name)), name].join(' → '))
        return
      }
      state.set(name, 'open')
      for (const { from, to, type } of imports) if (from === name && !type && texts.has(to)) visit(to, [...way, name])
      state.set(name, 'done')
    }
    for (const name of sources) visit(name, [])
    expect(cycles).toEqual([])
  })

  it('load vendor SDKs dynamically', () => {
    const sdk = /^\s*import\s+(?!type\b)[^'"]*from\s+['"](@elastic\/|@aws-sdk\/|kafkajs)/m
    // a file that is itself loaded dynamically may name what it needs, so that the bundle holds no more than that
    const loadedAtStart = (name: string): boolean => imports.some(({ to, type, from }) => to === name && !type
      && !new RegExp(`import\\([^)]*/${path.posix.basename(name)}'\\)`).test(texts.get(from) ?? ''))
    expect(sources.filter((name) => sdk.test(texts.get(name) ?? '') && loadedAtStart(name))).toEqual([])
  })
})

/** Folders, of plugins and others, of which every part has a test of its own. */
const strict = [
  'lib/xz',
  'inputs/cloudwatch-logs', 'inputs/forward', 'inputs/kafka', 'inputs/kmsg', 'inputs/kubernetes-events', 'inputs/systemd', 'inputs/tail',
  'parsers/multiline',
  'filters/aws', 'filters/kubernetes', 'filters/modify',
  'outputs/elasticsearch', 'outputs/file', 'outputs/forward', 'outputs/http', 'outputs/kafka', 'outputs/loki'
]

describe('source files', () => {
  it('belong to a layer of the table', () => {
    expect(sources.filter((name) => layers[layerOf(name)] === undefined)).toEqual([])
  })

  it('have a test at the mirrored path; parts of some plugins, kept in a folder of their names, at least at the plugin\'s', () => {
    const tested = (name: string): boolean => existsSync(path.join(root, 'test', name.replace(/\.ts$/, '.test.ts')))
    const owner = (name: string): string => `${path.posix.dirname(name)}.ts`
    // what is compiled is held by test/packaging/kernel.test.ts
    const runs = (name: string): boolean => name !== 'event/kernel-code.ts' && /^export (?!interface|type)/m.test(texts.get(name) ?? '')
    const bare = sources.filter((name) => runs(name) && !/(^|\/)index\.ts$/.test(name) && !tested(name))
    const throughOwner = (name: string): boolean => {
      const folder = path.posix.dirname(name)
      return (pluginOf(name) !== undefined || name.startsWith('lib/')) && !strict.includes(folder) && texts.has(owner(name)) && tested(owner(name))
    }
    expect(bare.filter((name) => !throughOwner(name))).toEqual([])
  })

  it('are at most 400 lines long', () => {
    const long = sources.filter((name) => (texts.get(name) ?? '').trimEnd().split('\n').length > 400)
    expect(long).toEqual([])
  })

  it('leave nothing for later', () => {
    const mark = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XXX'].join('|')})\\b`)
    expect(sources.filter((name) => mark.test(texts.get(name) ?? ''))).toEqual([])
  })

  it('end the process and handle signals in main.ts only', () => {
    const ends = /\bprocess\.(exit\(|on\(\s*['"]SIG)/
    expect(sources.filter((name) => name !== 'main.ts' && ends.test(texts.get(name) ?? ''))).toEqual([])
  })
})

describe.each(pluginFolders)('the table of %s', (folder) => {
  it('names every plugin file of the folder', () => {
    const table = texts.get(`${folder}/index.ts`) ?? ''
    const files = sources.filter((name) => name.startsWith(`${folder}/`) && name.split('/').length === 2 && pluginOf(name) !== undefined)
    // A parser folder has parts of no format of their own (time); the table need not name what others import.
    const within = (name: string): boolean => name.startsWith(`${folder}/`) && name !== `${folder}/index.ts`
    const helpers = new Set(imports.filter(({ from, to }) => within(from) && within(to)).map(({ to }) => to))
    const missing = files.filter((name) => !helpers.has(name) && !table.includes(`'./${path.posix.basename(name)}'`))
    expect(missing).toEqual([])
    expect(files.length).toBeGreaterThan(0)
  })
})
