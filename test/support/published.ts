/**
 * Configurations that users of EKS run today, as their publishers have them. They are other people's texts and no part of this
 * project: they are looked for in $FANTAIL_PUBLISHED_CONFIGS, else in `shared/published-configs` beside the checkout.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { parse, parseAllDocuments } from 'yaml'
import { fantail } from './agent.ts'
import { Running } from './process.ts'
import { helm } from './servers/helm.ts'
import { tempFolder } from './temp.ts'

const folder = process.env['FANTAIL_PUBLISHED_CONFIGS'] ?? path.join(import.meta.dirname, '../../../shared/published-configs')

const nodeServices = path.join(import.meta.dirname, 'fakes/node-services.ts')

export const published: boolean = existsSync(folder)

export type Files = Readonly<Record<string, string>>

interface ConfigMap { readonly kind?: string, readonly data?: Files }

function configMap (text: string, file: string): Files {
  const found = parseAllDocuments(text).map((document) => document.toJS() as ConfigMap | null).find((resource) => resource?.data?.[file] !== undefined)
  if (found?.data === undefined) throw new Error(`no ConfigMap with ${file}`)
  return found.data
}

/** The ConfigMap of a manifest of CloudWatch Container Insights. */
export function containerInsights (name: string): Files {
  return configMap(readFileSync(path.join(folder, 'container-insights', name), 'utf8'), 'fluent-bit.conf')
}

async function rendered (values: string, templates: Files, settings: readonly string[]): Promise<Files> {
  const chart = tempFolder('published')
  mkdirSync(path.join(chart, 'templates'))
  writeFileSync(path.join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: published\nversion: 0.0.1\n')
  writeFileSync(path.join(chart, 'values.yaml'), values)
  for (const [name, text] of Object.entries(templates)) writeFileSync(path.join(chart, 'templates', name), text)
  return configMap(await helm(['template', 'published', chart, ...settings.flatMap((setting) => ['--set', setting])]), 'fluent-bit.conf')
}

/** What the chart aws-for-fluent-bit of eks-charts makes of its values. */
export async function eksCharts (...settings: string[]): Promise<Files> {
  const names = ['fullname', 'namespace', 'labels'].map((name) => `{{- define "aws-for-fluent-bit.${name}" -}}a: b{{- end }}`).join('\n')
  const read = (name: string): string => readFileSync(path.join(folder, 'eks-charts', name), 'utf8')
  return rendered(read('values.yaml'), {
    'configmap.yaml': read('configmap.yaml').replaceAll(/include "aws-for-fluent-bit\.(fullname|namespace)" \./g, '"x"'), '_helpers.tpl': names
  }, settings)
}

/** What the chart fluent-bit makes of its default values; its template of the ConfigMap joins the four parts. */
export async function fluentHelmCharts (...settings: string[]): Promise<Files> {
  const values = readFileSync(path.join(folder, 'fluent-helm-charts/values.yaml'), 'utf8')
  const { config } = parse(values) as { config: Files }
  const parts = ['service', 'inputs', 'filters', 'outputs'].filter((part) => config[part] !== undefined)
  return rendered(values, {
    'configmap.yaml': `kind: ConfigMap\ndata:\n  custom_parsers.conf: |\n    {{- .Values.config.customParsers | nindent 4 }}\n  fluent-bit.conf: |\n${
      parts.map((part) => `    {{- tpl .Values.config.${part} $ | nindent 4 }}\n`).join('')}`
  }, settings)
}

export interface NodeOptions {
  /** The node's files; `var` of it becomes `/var`. */
  readonly root: string
  readonly files: Files
  readonly env: NodeJS.ProcessEnv
  /** More lines of /etc/hosts. */
  readonly hosts?: string
  /** Another agent with Fluent Bit's command line. */
  readonly command?: string
  /** Arguments of fakes/node-services.ts but the last: the agent is in a network of its own, with these, and trusts them. */
  readonly services?: readonly [key: string, certificate: string, pods: string, socket: string]
}

/**
 * Starts the agent by Fluent Bit's command line in a mount namespace of its own, where the node's `/var` is `/var`: so the
 * configuration stays as it is, absolute paths included. Needs root.
 */
export function startOnNode ({ root, files, env, hosts = '', command = fantail, services }: NodeOptions): Running {
  const etc = path.join(root, 'fluent-bit/etc')
  mkdirSync(etc, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(etc, name), text)
  writeFileSync(path.join(root, 'hosts'), `127.0.0.1 localhost\n${hosts}`)
  const ready = path.join(root, 'services-ready')
  rmSync(ready, { force: true })
  // they end with the agent, whose process is the shell's
  const network = services === undefined ? '' : `ip link set lo up && ip addr add 169.254.169.254/32 dev lo
setpriv --pdeathsig KILL ${[process.execPath, nodeServices, ...services, ready].map((word) => `'${word}'`).join(' ')} &
until [ -e '${ready}' ]; do sleep 0.1; done
mount -t tmpfs certificates /etc/ssl/certs
cp '${services[1]}' /etc/ssl/certs/ca-certificates.crt
cp '${services[1]}' /etc/ssl/certs/$(openssl x509 -hash -noout -in '${services[1]}').0
`
  const script = `${network}mount --bind "$1/var" /var && mount --bind "$1/hosts" /etc/hosts && exec "$2" --workdir="$1/fluent-bit/etc" --config=fluent-bit.conf`
  return new Running({
    command: 'unshare',
    args: [services === undefined ? '-m' : '-mn', '--propagation', 'private', 'sh', '-c', script, 'sh', root, command],
    env: { PATH: process.env['PATH'], ...env },
    log: path.join(root, 'agent.log')
  })
}
