/**
 * The entity of a request: the service that its events come from, made of what the filters kubernetes
 * (`aws_use_pod_association`) and aws (`enable_entity`) put into the record. Attributes as the CloudWatch agent writes
 * them; without a name and an account the service refuses an entity, so there is none.
 */
import { compileAccessor, type Accessor } from '../../event/accessor.ts'
import { skipValue } from '../../event/json-scan.ts'
import type { Pool } from '../../event/pool.ts'
import type { Record } from '../../event/record.ts'

const SOURCES = {
  name: "$kubernetes['aws_entity_service_name']",
  environment: "$kubernetes['aws_entity_environment']",
  namespace: "$kubernetes['namespace_name']",
  node: "$kubernetes['host']",
  cluster: "$kubernetes['aws_entity_cluster']",
  workload: "$kubernetes['aws_entity_workload']",
  nameSource: "$kubernetes['aws_entity_name_source']",
  platform: "$kubernetes['aws_entity_platform']",
  instance: '$aws_entity_ec2_instance_id',
  account: '$aws_entity_account_id'
} as const

type Part = keyof typeof SOURCES

const PLATFORMS: { readonly [platform: string]: readonly [type: string, cluster: string] } = {
  eks: ['AWS::EKS', 'EKS.Cluster'],
  k8s: ['K8s', 'K8s.Cluster']
}
/** Keys that begin so are for the entity and not for the reader of the message. */
const PREFIX = Buffer.from('"aws_entity')
const NESTED = Buffer.from('"kubernetes"')

export class EntityReader {
  readonly #accessors: readonly (readonly [Part, Accessor])[]

  constructor(pool: Pool) {
    this.#accessors = (Object.keys(SOURCES) as Part[]).map((part) => [part, compileAccessor(SOURCES[part], pool)])
  }

  /** The entity as JSON, or nothing when the record does not tell enough. */
  read(record: Record): string {
    const parts: { [P in Part]?: string } = {}
    for (const [part, accessor] of this.#accessors) {
      const text = accessor.locate(record) && accessor.isString() ? accessor.text() : ''
      if (text !== '') parts[part] = text
    }
    const { account, workload, namespace, cluster, platform } = parts
    const byWorkload = parts.name === undefined && parts.nameSource === undefined && workload !== undefined
    const name = byWorkload ? workload : parts.name
    if (name === undefined || account === undefined) return ''
    const known = platform !== undefined && cluster !== undefined && namespace !== undefined
    const environment = parts.environment ?? (known ? `${platform}:${cluster}/${namespace}` : undefined)
    const [type, clusterKey] = PLATFORMS[platform ?? ''] ?? ['Generic', undefined]
    return JSON.stringify({
      keyAttributes: { Type: 'Service', Name: name, Environment: environment, AwsAccountId: account },
      attributes: {
        PlatformType: type,
        ...(clusterKey === undefined ? {} : { [clusterKey]: cluster }),
        'K8s.Namespace': namespace,
        'K8s.Node': parts.node,
        'K8s.Workload': workload,
        'EC2.InstanceId': parts.instance,
        'AWS.ServiceNameSource': byWorkload ? 'K8sWorkload' : parts.nameSource
      }
    })
  }
}

/** Whether any record of a frame may have keys for the entity. */
export function mayHaveEntity(bytes: Buffer): boolean {
  return bytes.includes(PREFIX)
}

/** Writes the JSON object `[start, end)` of `from` without the keys for the entity, its own and those of `kubernetes`. Returns the offset behind it. */
export function writeWithoutEntity(from: Buffer, start: number, end: number, to: Buffer, at: number, nested = true): number {
  to[at++] = 0x7b
  let first = true
  let p = skipSpace(from, start + 1)
  while (p < end - 1) {
    const keyEnd = skipValue(from, p, end)
    const valueEnd = skipValue(from, skipSpace(from, skipSpace(from, keyEnd) + 1), end)
    if (!beginsWith(from, p, PREFIX)) {
      if (!first) to[at++] = 0x2c
      first = false
      const value = skipSpace(from, skipSpace(from, keyEnd) + 1)
      at += from.copy(to, at, p, value)
      if (nested && beginsWith(from, p, NESTED) && from[value] === 0x7b) at = writeWithoutEntity(from, value, valueEnd, to, at, false)
      else at += from.copy(to, at, value, valueEnd)
    }
    p = skipSpace(from, valueEnd)
    if (from[p] !== 0x2c) break
    p = skipSpace(from, p + 1)
  }
  to[at++] = 0x7d
  return at
}

function beginsWith(bytes: Buffer, at: number, text: Buffer): boolean {
  return at + text.length <= bytes.length && bytes.compare(text, 0, text.length, at, at + text.length) === 0
}

function skipSpace(bytes: Buffer, at: number): number {
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++
  return at
}
