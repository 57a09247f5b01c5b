/** What the options of cloudwatch_logs and cloudwatch come to, decided once at start. */
import { randomBytes } from 'node:crypto'
import { Template, compileTemplate, type Accessor } from '../../event/accessor.ts'
import type { Pool } from '../../event/pool.ts'
import { endpointUrl } from '../../lib/aws/assume-role.ts'
import type { CredentialOptions } from '../../lib/aws/credentials.ts'
import { PluginError } from '../../plugin/context.ts'
import type { NetworkOptions } from '../../plugin/output.ts'
import { atOption, optionAccessor } from '../shared/accessors.ts'
import type { CloudwatchLogsOptions, CloudwatchOptions } from './options.ts'

/** A name is the templates filled in, one after the other; where a record lacks a value, the fixed name, or the prefix and the tag. */
export interface NameSource {
  readonly templates: readonly Template[]
  readonly fixed: string | undefined
  readonly prefix: string
}

export interface Settings {
  readonly region: string | undefined
  readonly endpoint: URL | undefined
  readonly fips: boolean | undefined
  readonly credentials: CredentialOptions
  readonly userAgent: string | undefined
  readonly group: NameSource
  readonly stream: NameSource
  readonly logKey: Accessor | undefined
  readonly logFormat: string | undefined
  readonly longEvents: 'split' | 'cut'
  readonly compress: 'references' | 'gzip' | 'none'
  readonly entity: boolean
  readonly create: Creation
}

/** What is made when it is missing, and how. */
export interface Creation {
  readonly groups: boolean
  readonly streams: boolean
  readonly retentionDays: number
  readonly retainExisting: boolean
  readonly groupClass: 'STANDARD' | 'INFREQUENT_ACCESS' | 'ESSENTIALS' | 'DELIVERY' | undefined
  readonly kmsKeyId: string | undefined
  readonly tags: { readonly [key: string]: string } | undefined
}

/** Days that PutRetentionPolicy takes. */
const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]

export function readSettings(options: CloudwatchLogsOptions, pool: Pool, network: NetworkOptions): Settings {
  checkStream(options)
  const templates = (text: string | undefined, option: string): Template[] => (
    text === undefined ? [] : [atOption(option, () => compileTemplate(text, pool))]
  )
  return {
    ...shared(options, pool, network),
    credentials: { ...roleOf(options), profile: options.profile },
    group: { templates: templates(options.log_group_template, 'log_group_template'), fixed: options.log_group_name, prefix: '' },
    stream: {
      templates: templates(options.log_stream_template, 'log_stream_template'),
      fixed: options.log_stream_name,
      prefix: options.log_stream_prefix ?? ''
    },
    entity: options.add_entity,
    create: { ...creation(options), streams: true, tags: tagsOf(options.log_group_tags, 'log_group_tags') }
  }
}

export function readGoSettings(options: CloudwatchOptions, pool: Pool, network: NetworkOptions): Settings {
  checkStream(options)
  const uuid = randomBytes(16).toString('hex')
  const templates = (text: string | undefined, option: string): Template[] => (
    text === undefined ? [] : goTemplates(text, uuid, option, pool)
  )
  return {
    ...shared(options, pool, network),
    credentials: { ...roleOf(options), profile: undefined, endpoint: options.credentials_endpoint },
    group: { templates: templates(options.log_group_name, 'log_group_name'), fixed: options.default_log_group_name, prefix: '' },
    stream: {
      templates: templates(options.log_stream_name, 'log_stream_name'),
      fixed: options.log_stream_prefix === undefined ? options.default_log_stream_name : undefined,
      prefix: options.log_stream_prefix ?? ''
    },
    entity: false,
    create: { ...creation(options), streams: options.auto_create_stream, tags: tagsOf(options.new_log_group_tags, 'new_log_group_tags') }
  }
}

type Either = CloudwatchLogsOptions | CloudwatchOptions

function shared(options: Either, pool: Pool, network: NetworkOptions): Omit<Settings, 'credentials' | 'group' | 'stream' | 'entity' | 'create'> {
  return {
    region: regionOf(options.region),
    endpoint: options.endpoint === undefined ? undefined : endpointOf(options.endpoint, network),
    fips: options.use_fips_endpoint,
    userAgent: options.extra_user_agent,
    logKey: optionAccessor(options.log_key, pool, 'log_key'),
    logFormat: options.log_format,
    longEvents: options.long_events,
    compress: options.compress
  }
}

function regionOf(region: string | undefined): string | undefined {
  return region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION']
}

function roleOf(options: Either): Omit<CredentialOptions, 'profile'> {
  return {
    region: regionOf(options.region), roleArn: options.role_arn, externalId: options.external_id, stsEndpoint: options.sts_endpoint
  }
}

function creation(options: Either): Omit<Creation, 'tags' | 'streams'> {
  const days = options.log_retention_days
  if (days !== 0 && !RETENTIONS.includes(days)) {
    throw new PluginError(`the service takes ${RETENTIONS.join(', ')} days, not ${days}`, 'log_retention_days')
  }
  return {
    groups: options.auto_create_group,
    retentionDays: days,
    retainExisting: options.put_retention_policy && days > 0,
    groupClass: options.log_group_class,
    kmsKeyId: options.log_group_kms_key_id
  }
}

function checkStream({ log_stream_name, log_stream_prefix }: Either): void {
  if (log_stream_name === undefined && log_stream_prefix === undefined) {
    throw new PluginError('either log_stream_name or log_stream_prefix must say which stream', 'log_stream_name')
  }
  if (log_stream_name !== undefined && log_stream_prefix !== undefined) {
    throw new PluginError('log_stream_name and log_stream_prefix exclude each other', 'log_stream_prefix')
  }
}

function endpointOf(text: string, { port }: NetworkOptions): URL {
  let url: URL
  try {
    url = endpointUrl(text)
  } catch {
    throw new PluginError(`${text} is neither a host nor a URL`, 'endpoint')
  }
  if (url.port === '' && port !== undefined) url.port = String(port)
  return url
}

function tagsOf(pairs: readonly string[] | undefined, option: string): { [key: string]: string } | undefined {
  if (pairs === undefined) return undefined
  return Object.fromEntries(pairs.map((pair) => {
    const at = pair.indexOf('=')
    if (at < 0 || pair.slice(0, at).trim() === '') throw new PluginError(`a tag is written key=value, not ${pair}`, option)
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
  }))
}

/** The parts of a name as the Go plugin writes it: text, `$(tag)`, `$(tag[0])`, `$(uuid)`, `$(key)`, `$(key['sub'])`. */
export function goTemplates(text: string, uuid: string, option: string, pool: Pool): Template[] {
  return text.split(/(\$\([^()]*\))/).filter((part) => part !== '').map((part) => {
    const variable = /^\$\((.*)\)$/.exec(part)?.[1]
    if (variable === undefined || variable === 'uuid') {
      const fixed = variable === undefined ? part : uuid
      return new Template(fixed, [{ kind: 'text', text: fixed }])
    }
    const tag = /^tag(\[\d\])?$/.exec(variable)
    if (tag !== null) return compileTemplate(`$TAG${tag[1] ?? ''}`, pool)
    const key = /^([^[\]']+)((?:\['[^']+'\])*)$/.exec(variable)
    if (key === null) throw new PluginError(`${part} is no variable`, option)
    if (/^ecs_(task_id|task_arn|cluster)$/.test(variable)) throw new PluginError(`${part}: variables of ECS are not supported`, option)
    return compileTemplate(`$['${key[1]!}']${key[2]!}`, pool)
  })
}
