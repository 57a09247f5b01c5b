/** Options of the output s3. */
import type { Fields, OptionsOf } from '../../config/fields.ts'
import { awsOptions } from '../shared/aws/options.ts'
import { JSON_DATE_FORMATS } from '../shared/json-date.ts'
import { jsonDateOptions } from '../shared/dated-json.ts'

export const s3Options = {
  bucket: { kind: 'string', required: true, doc: 'Bucket to send to.', example: 'acme-logs' },
  region: { kind: 'string', default: 'us-east-1', doc: 'Region of the bucket.', example: 'eu-central-1' },
  endpoint: {
    kind: 'string', example: 'https://bucket.vpce-0a1b2c.s3.eu-central-1.vpce.amazonaws.com',
    doc: 'Host (HTTPS) or URL to send to, such as a VPC endpoint or another store that speaks S3; that of the region when not set.'
  },
  sts_endpoint: awsOptions.sts_endpoint,
  role_arn: awsOptions.role_arn,
  external_id: awsOptions.external_id,
  profile: awsOptions.profile,
  s3_key_format: {
    kind: 'string', default: '/fluent-bit-logs/$TAG/%Y/%m/%d/%H/%M/%S', example: '/$TAG[1]/%Y/%m/%d/%H-$UUID.log.gz',
    doc: 'Key of an object, from the tag and the time of its first record: `$TAG`, `$TAG[0]` to `$TAG[9]`, `$UUID`, `$INDEX` '
      + '(0, 1, … through restarts) and conversions of strftime, UTC. Without `$UUID` and `$INDEX`, `-object` and eight letters and digits are added.'
  },
  s3_key_format_tag_delimiters: { kind: 'string', default: '.', doc: 'Letters between the parts of a tag.', example: '.-' },
  static_file_path: { kind: 'boolean', default: false, doc: 'Add nothing to keys: an object replaces one of the same key.', example: 'on' },
  total_file_size: {
    kind: 'size', default: 100_000_000, example: '50M',
    doc: 'Bytes of records, before compression, at which an object is complete; 1 MB to 50 GB.'
  },
  upload_timeout: { kind: 'duration', default: 600_000, doc: 'Time after its first record at which an object is complete.', example: '5m' },
  upload_chunk_size: {
    kind: 'size', default: 5_242_880, example: '10M',
    doc: 'Larger objects are sent in parts of this size (multipart upload); at least 5,242,880 bytes.'
  },
  use_put_object: { kind: 'boolean', default: false, doc: 'Send each object whole; total_file_size is 1 GB at most then.', example: 'on' },
  compression: {
    kind: 'choice', values: ['gzip', 'zstd'], example: 'gzip',
    doc: 'Compress objects; they have the header field Content-Encoding.'
  },
  content_type: { kind: 'string', doc: 'Content type of the objects.', example: 'application/x-ndjson' },
  canned_acl: { kind: 'string', doc: 'Canned ACL of the objects.', example: 'bucket-owner-full-control' },
  storage_class: { kind: 'string', doc: 'Storage class of the objects.', example: 'STANDARD_IA' },
  send_content_md5: { kind: 'boolean', default: false, doc: 'Send Content-MD5, which buckets with Object Lock ask for.', example: 'on' },
  format: { kind: 'choice', values: ['json_lines'], default: 'json_lines', doc: 'A JSON object per line.', example: 'json_lines' },
  log_key: {
    kind: 'string', doc: 'Write only this value of each record, text as it is; a record without it becomes a dead letter.', example: 'log',
    differs: 'Fluent Bit drops a record without it'
  },
  json_date_key: jsonDateOptions.json_date_key,
  json_date_format: {
    kind: 'choice', values: JSON_DATE_FORMATS, default: 'iso8601', doc: 'How the time is written.', example: 'epoch_ms'
  },
  store_dir_limit_size: {
    kind: 'size', default: 1_000_000_000, example: '4G',
    doc: 'Bytes on disk of objects that are not in S3 yet; 0 for no limit. From half of it the largest are completed early; beyond it '
      + 'records wait in the buffer.',
    differs: 'there is no limit in Fluent Bit unless it is set, and beyond it data is discarded'
  },
  auto_retry_requests: { kind: 'boolean', default: true, doc: 'Send a request that got no answer once more at once.', example: 'off' },
  retry_exhausted_action: {
    kind: 'choice', values: ['quarantine', 'delete'], default: 'quarantine', example: 'delete',
    doc: 'What becomes of an object that was tried more often than retry_limit, if that is set: kept in the folder `quarantine` of '
      + 'the output\'s state, or deleted; counted as dropped.'
  },
  quarantine_dir_limit_size: { kind: 'size', default: 0, doc: 'Most bytes in that folder; 0 for no limit. Beyond it objects are deleted.', example: '1G' },
  store_dir: {
    kind: 'string', doc: 'Accepted as in Fluent Bit.', example: '/var/fluent-bit/s3',
    withoutEffect: 'what waits to be sent lies in the state directory, with the positions it goes with'
  },
  preserve_data_ordering: {
    kind: 'boolean', default: true, doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'objects of a tag are sent in order, and the records in them are in order, whatever fails'
  }
} as const satisfies Fields

export type S3Options = OptionsOf<typeof s3Options>
