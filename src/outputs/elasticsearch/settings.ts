/** What the options of es and opensearch come to, decided once at start. */
import type { Pool } from '../../event/pool.ts'
import { compileTemplate, type Accessor } from '../../event/accessor.ts'
import { compileDateFormat, type DateFormat } from '../../lib/strftime.ts'
import { PluginError } from '../../plugin/context.ts'
import { atOption, optionAccessor } from '../shared/accessors.ts'
import type { ElasticsearchOptions } from './options.ts'

export type Operation = 'create' | 'index' | 'update' | 'upsert'

/** Where a document's id comes from: the record's identity, the destination, a hash of the document. */
export type IdSource = 'identity' | 'none' | 'hash'

export interface Settings {
  readonly operation: Operation
  readonly ids: IdSource
  readonly idKey: Accessor | undefined
  /** Set for the old servers that want a type. */
  readonly type: string | undefined
  readonly index: IndexSettings
  readonly timeKey: string
  /** Undefined for the usual `%Y-%m-%dT%H:%M:%S`. */
  readonly timeFormat: DateFormat | undefined
  readonly timeDigits: 3 | 9
  readonly tagKey: string | undefined
  readonly replaceDots: boolean
}

export interface IndexSettings {
  /** Text with conversions of strftime, and accessors. */
  readonly name: string
  /** logstash_format: what stands before the date, and the date. */
  readonly prefix: string | undefined
  readonly prefixKey: Accessor | undefined
  readonly separator: string
  readonly date: DateFormat
  /** The date is the present one instead of the record's. */
  readonly now: boolean
  readonly hasAccessor: boolean
}

export function readSettings(options: ElasticsearchOptions, pool: Pool): Settings {
  const operation = options.write_operation
  const takesIds = !options.aws_auth || options.aws_service_name !== 'aoss'
  const ids = options.generate_id === undefined ? (takesIds ? 'identity' : 'none') : options.generate_id ? 'hash' : 'none'
  if ((operation === 'update' || operation === 'upsert') && options.id_key === undefined && ids !== 'hash') {
    throw new PluginError(`write_operation ${operation} needs id_key or generate_id, since it must say which document`, 'write_operation')
  }
  const usual = options.time_key_format === '%Y-%m-%dT%H:%M:%S'
  return {
    operation,
    ids,
    idKey: optionAccessor(options.id_key, pool, 'id_key'),
    type: options.suppress_type_name ? undefined : options.type,
    index: readIndex(options, pool),
    timeKey: options.time_key,
    timeFormat: usual ? undefined : compileDateFormat(options.time_key_format),
    timeDigits: options.time_key_nanos ? 9 : 3,
    tagKey: options.include_tag_key ? options.tag_key : undefined,
    replaceDots: options.replace_dots
  }
}

function readIndex(options: ElasticsearchOptions, pool: Pool): IndexSettings {
  const { logstash_format, logstash_prefix_key, index } = options
  const template = atOption('index', () => compileTemplate(index, pool))
  return {
    name: index,
    prefix: logstash_format ? options.logstash_prefix : undefined,
    prefixKey: logstash_format ? optionAccessor(logstash_prefix_key, pool, 'logstash_prefix_key') : undefined,
    separator: options.logstash_prefix_separator,
    date: compileDateFormat(logstash_format ? options.logstash_dateformat : index),
    now: !logstash_format || options.current_time_index,
    hasAccessor: !logstash_format && template.constant === undefined
  }
}
