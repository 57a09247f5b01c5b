/**
 * Bundles src/main.ts into dist/: ESM, split into readable chunks, so that plugins and vendor SDKs (loaded by a dynamic
 * import) cost time and memory only where they are used. The licences of what is bundled are gathered in
 * dist/THIRD-PARTY-LICENSES.txt.
 */
import { build, type BuildOptions, type Plugin } from 'esbuild'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import path from 'node:path'

const root = path.join(import.meta.dirname, '..')
const dist = path.join(root, 'dist')
/** Built beside and renamed at the end, so that an agent that starts meanwhile never sees half a build. */
const fresh = path.join(root, `dist.${process.pid}.tmp`)
const old = path.join(root, `dist.${process.pid}.old`)

if (!existsSync(path.join(root, 'src/main.ts'))) throw new Error('src/main.ts is missing: nothing to build')

/**
 * Importing @elastic packages has no effect but their exports, which they do not declare: told so, the bundler leaves out
 * what is not used, 2 MB of text and 7 MB of memory.
 */
const pure: Plugin = {
  name: 'pure',
  setup (bundler) {
    const seen = Symbol('seen')
    bundler.onResolve({ filter: /^@elastic\/|^\.\.?\// }, async ({ path: wanted, kind, importer, resolveDir, pluginData }) => {
      if (pluginData === seen || (!wanted.startsWith('@elastic/') && !importer.includes('node_modules/@elastic/'))) return undefined
      return { ...await bundler.resolve(wanted, { kind, importer, resolveDir, pluginData: seen }), sideEffects: false }
    })
  }
}

/**
 * An ES import of one of Node's modules reads all its exports, among them those that load further modules: `fs` loads
 * promises and streams, `http` undici, `https` the whole of TLS, up to 30 ms and 9 MB each. In dist each module is an
 * object of getters, so it is loaded when something of it is first used. (The few that are functions themselves stay.)
 */
const builtinsAtFirstUse: Plugin = {
  name: 'builtins-at-first-use',
  setup (bundler) {
    const namespace = 'builtin'
    bundler.onResolve({ filter: /^[a-z]/ }, ({ path: wanted, kind }) => {
      return kind !== 'dynamic-import' && isBuiltin(wanted) ? { path: wanted.replace(/^node:/, ''), namespace } : undefined
    })
    bundler.onLoad({ filter: /.*/, namespace }, ({ path: name }) => {
      const found = process.getBuiltinModule(`node:${name}`) as object
      const load = `process.getBuiltinModule('node:${name}')`
      // only pino asks, at its start, for transports in threads, which are not used: 2 MB
      if (name === 'worker_threads') return { contents: 'module.exports = { isMainThread: true }' }
      if (name === 'assert') return { contents: `module.exports = (...given) => ${load}(...given)` }
      if (typeof found === 'function' || name === 'process') return { contents: `module.exports = ${load}` }
      const getters = Object.getOwnPropertyNames(found).map((key) => `get ${JSON.stringify(key)}() { return load()[${JSON.stringify(key)}] }`)
      // getters that are inherited: esbuild copies what an object has itself for every file that imports it
      const lazy = `Object.create({\n${getters.join(',\n')}\n})`
      return { contents: `let found\nconst load = () => found ??= ${load}\nmodule.exports = ${lazy}` }
    })
  }
}

/**
 * All that every agent runs with in one file: a start that finds, reads and links sixty spends a third of its CPU on that.
 * The bundler puts into one chunk what is reached from the same entries, so every module that is loaded on demand
 * (`entries`) is made to reach the agent.
 */
function agentInOneChunk (entries: ReadonlySet<string>): Plugin {
  return {
    name: 'agent-in-one-chunk',
    setup (bundler) {
      const everyAgent = ['run-agent', 'cli/run', 'cli/tables']
      bundler.onResolve({ filter: /^every-agent$/ }, () => ({ path: 'every-agent', namespace: 'every-agent' }))
      bundler.onLoad({ filter: /.*/, namespace: 'every-agent' }, () => {
        return { contents: everyAgent.map((name) => `import './src/${name}.ts'`).join('\n'), resolveDir: root }
      })
      bundler.onLoad({ filter: /\.(ts|m?js)$/ }, ({ path: file }) => {
        if (!entries.has(file)) return undefined
        return { contents: `${readFileSync(file, 'utf8')}\nimport 'every-agent'\n`, loader: file.endsWith('.ts') ? 'ts' : 'js' }
      })
    }
  }
}

const settings = {
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outdir: fresh,
  bundle: true,
  format: 'esm',
  platform: 'node',
  // ES modules where a package has both: what nobody uses of them is left out (of the AWS SDK, half of it)
  mainFields: ['module', 'main'],
  target: 'node24',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  // Bundled CommonJS packages look for what is optional through `require`, which ES modules do not have.
  banner: { js: "const require = (name) => process.getBuiltinModule('node:module').createRequire(import.meta.url)(name)" }
} satisfies BuildOptions

/** Paths of the ES modules that are imported by `import()` somewhere. */
async function loadedOnDemand (): Promise<Set<string>> {
  const { metafile: { inputs } } = await build({ ...settings, write: false, plugins: [pure, builtinsAtFirstUse] })
  const imports = Object.values(inputs).flatMap((input) => input.imports)
  return new Set(imports.filter(({ path: file, kind }) => kind === 'dynamic-import' && inputs[file]?.format === 'esm')
    .map(({ path: file }) => path.join(root, file)))
}

try {
  const result = await build({ ...settings, plugins: [agentInOneChunk(await loadedOnDemand()), pure, builtinsAtFirstUse] })
  mkdirSync(fresh, { recursive: true })
  writeFileSync(path.join(fresh, 'THIRD-PARTY-LICENSES.txt'), licences(Object.keys(result.metafile.inputs)))
  if (existsSync(dist)) renameSync(dist, old)
  renameSync(fresh, dist)
  const bytes = readdirSync(dist, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => sum + size(name), 0)
  console.log(`dist: ${Object.keys(result.metafile.outputs).length} files, ${(bytes / 1e6).toFixed(1)} MB`)
} finally {
  for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true })
}

function size (name: string): number {
  const stat = statSync(path.join(dist, name))
  return stat.isFile() ? stat.size : 0
}

function licences (inputs: readonly string[]): string {
  const packages = new Set<string>()
  for (const input of inputs) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)
    if (match?.[1] !== undefined) packages.add(match[1])
  }
  return [...packages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8')) as {
      name: string, version: string, license?: string
    }
    const text = readdirSync(path.join(root, folder))
      .filter((file) => /^(licen[cs]e|notice)(\.|$)/i.test(file))
      .map((file) => readFileSync(path.join(root, folder, file), 'utf8').trim())
    return [`${name} ${version} (${license ?? 'see below'})`, ...text].join('\n\n')
  }).join(`\n\n${'-'.repeat(80)}\n\n`) + '\n'
}
