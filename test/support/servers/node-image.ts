/**
 * The image that ours is built from, made without a registry: Debian by debootstrap, with the Node that npm brings and npm
 * itself. Settings of this machine that the build needs to reach the same package sources (apt, npm, certificates) go along.
 */
import { execFile } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { cached, cacheFolder } from './cache.ts'
import { debian } from './server.ts'
import type { Requirement } from './server.ts'

const exec = promisify(execFile)
const options = { maxBuffer: 64 << 20 }

const RELEASE = 'bookworm'
const NODE = '26.10.0'
const NPM = '11.21.2'
export const NODE_IMAGE = `localhost/node:${NODE}`

export const imageBuilder: Requirement = {
  name: 'buildah',
  prepare: async () => {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error('needs Linux and root, to build an image')
    await debian('buildah', ['buildah'])
    await debian('debootstrap', ['debootstrap'])
    await nodeImage()
  }
}

/** Where the images of the tests are kept; folders of a user's own engine are not touched. */
const store = (): string => path.join(cacheFolder(), 'images')

/** Runs buildah on the store of the tests; returns what it prints. */
export async function buildah (...args: string[]): Promise<string> {
  const { stdout } = await exec('buildah', ['--root', store(), '--runroot', `${store()}.run`, '--storage-driver', 'overlay', ...args], options)
  return stdout
}

async function nodeImage (): Promise<void> {
  const folder = await cached(`node-image-${NODE}-${RELEASE}`, makeRoot)
  if (await buildah('images', '-q', NODE_IMAGE).then(() => true, () => false)) return
  const file = path.join(folder, 'base.Dockerfile')
  await buildah('bud', '--isolation', 'chroot', '-q', '-t', NODE_IMAGE, '-f', file, folder)
}

async function makeRoot (folder: string): Promise<void> {
  const root = path.join(folder, 'root')
  await exec('debootstrap', ['--variant=minbase', '--include=libatomic1,libstdc++6', RELEASE, root], options)
  rmSync(path.join(root, 'var/cache/apt/archives'), { recursive: true, force: true })
  mkdirSync(path.join(root, 'usr/local/lib/node_modules/npm'), { recursive: true })
  await unpack(folder, `node-linux-${os.arch()}@${NODE}`, path.join(root, 'usr/local'), 'package/bin')
  await unpack(folder, `npm@${NPM}`, path.join(root, 'usr/local/lib/node_modules/npm'), 'package')
  for (const name of ['npm', 'npx']) symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, path.join(root, 'usr/local/bin', name))
  carrySettings(root)
  writeFileSync(path.join(folder, 'base.Dockerfile'), `FROM scratch
COPY root/ /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
CMD ["node"]
`)
}

async function unpack (folder: string, name: string, to: string, part: string): Promise<void> {
  const { stdout } = await exec('npm', ['pack', '--silent', '--pack-destination', folder, name], options)
  const archive = path.join(folder, stdout.trim())
  await exec('tar', ['xzf', archive, '-C', to, '--strip-components=1', part], options)
  rmSync(archive)
}

function carrySettings (root: string): void {
  const certificates = '/etc/ssl/certs/ca-certificates.crt'
  for (const file of [certificates, '/etc/apt/sources.list', '/etc/apt/sources.list.d', '/etc/apt/auth.conf.d', '/etc/apt/keyrings']) {
    if (existsSync(file)) cpSync(file, path.join(root, file), { recursive: true, dereference: true })
  }
  for (const npmrc of [path.join(os.homedir(), '.npmrc')]) if (existsSync(npmrc)) cpSync(npmrc, path.join(root, 'root/.npmrc'))
  writeFileSync(path.join(root, 'etc/apt/apt.conf.d/99certificates'), `Acquire::https::CAInfo "${certificates}";\n`)
  chmodSync(path.join(root, 'tmp'), 0o1777)
}
