/**
 * The programs of a Kubernetes control plane, built from Go modules, as no registry has them built: `go install` refuses
 * k8s.io/kubernetes, whose go.mod replaces its parts by folders of its own repository. So a module of ours takes over that
 * go.mod and replaces them by the published modules of the same release instead. Takes about six minutes on two idle cores
 * and 1.8 GiB; what stays is 124 MB.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { cached } from './cache.ts'
import { onPath } from './server.ts'
import type { Requirement } from './server.ts'

const exec = promisify(execFile)

export const KUBERNETES_VERSION = '1.35.4'

/** What the release's own go.sum lacks: the sums of itself and of its parts, which it has as folders. */
const sums = path.join(import.meta.dirname, 'checksums', `kubernetes-${KUBERNETES_VERSION}.sum`)

/** kube-apiserver and etcd. */
export const kubernetes: Requirement = {
  name: `Kubernetes ${KUBERNETES_VERSION}`,
  prepare: async () => { await kubernetesPrograms() }
}

/** The folder that holds `kube-apiserver` and `etcd`; built at the first call on a machine. */
export function kubernetesPrograms (): Promise<string> {
  return cached(`kubernetes-${KUBERNETES_VERSION}`, build)
}

async function build (folder: string): Promise<void> {
  const go = ['go', '/usr/local/go/bin/go'].find(onPath)
  if (go === undefined) throw new Error('needs Go 1.25 or newer to build kube-apiserver: https://go.dev/doc/install')
  const work = path.join(folder, 'build')
  mkdirSync(work)
  const caches = { GOMODCACHE: path.join(work, 'modules'), GOCACHE: path.join(work, 'objects') }
  const env = { ...process.env, ...caches, CGO_ENABLED: '0', GOFLAGS: '-mod=mod -trimpath -buildvcs=false -modcacherw', GOWORK: 'off' }
  // other processes of the machine go first
  const run = (...args: string[]): Promise<{ stdout: string }> => exec('nice', ['-n', '10', go, ...args], { cwd: work, env, maxBuffer: 64 << 20 })
  try {
    const { stdout } = await run('mod', 'download', '-json', `k8s.io/kubernetes@v${KUBERNETES_VERSION}`)
    const { Dir: source } = JSON.parse(stdout) as { Dir: string }
    const parts = `v0.${KUBERNETES_VERSION.slice(2)}`
    const module = readFileSync(path.join(source, 'go.mod'), 'utf8')
      .replace(/^module .*$/m, 'module kubernetes-build')
      .replaceAll(/=> \.\/staging\/src\/(k8s\.io\/[a-z0-9-]+)$/gm, `=> $1 ${parts}`)
    writeFileSync(path.join(work, 'go.mod'), `${module}\nrequire k8s.io/kubernetes v${KUBERNETES_VERSION}\n`)
    writeFileSync(path.join(work, 'go.sum'), readFileSync(path.join(source, 'go.sum'), 'utf8') + readFileSync(sums, 'utf8'))
    const about = 'k8s.io/component-base/version'
    const [major, minor] = KUBERNETES_VERSION.split('.')
    const flags = `-s -w -X ${about}.gitVersion=v${KUBERNETES_VERSION} -X ${about}.gitMajor=${major} -X ${about}.gitMinor=${minor}`
    await run('build', '-ldflags', flags, '-o', path.join(folder, 'kube-apiserver'), 'k8s.io/kubernetes/cmd/kube-apiserver')
    await run('build', '-ldflags', '-s -w', '-o', path.join(folder, 'etcd'), 'go.etcd.io/etcd/server/v3')
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
