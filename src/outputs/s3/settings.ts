/** What the options come to, checked. */
import { PluginError } from '../../plugin/context.ts'
import type { NetworkOptions } from '../../plugin/output.ts'
import { awsEndpoint } from '../shared/aws/endpoint.ts'
import type { S3Settings } from './client.ts'
import type { S3Options } from './options.ts'

const LARGEST = 50_000_000_000
const LARGEST_PUT = 1_000_000_000
/** S3 takes no smaller part, but for the last one. */
const SMALLEST_PART = 5_242_880
const LARGEST_PART = 5_000_000_000

/** Throws PluginError. */
export function checkSizes({ total_file_size, upload_chunk_size, use_put_object }: S3Options): void {
  if (total_file_size < 1_000_000 || total_file_size > LARGEST) {
    throw new PluginError(`an object has 1 MB to 50 GB, not ${total_file_size} bytes`, 'total_file_size')
  }
  if (use_put_object && total_file_size > LARGEST_PUT) {
    throw new PluginError(`with use_put_object an object has 1 GB at most, not ${total_file_size} bytes`, 'total_file_size')
  }
  if (upload_chunk_size < SMALLEST_PART || upload_chunk_size > LARGEST_PART) {
    throw new PluginError(`S3 takes parts of 5,242,880 bytes to 5 GB, not ${upload_chunk_size}`, 'upload_chunk_size')
  }
}

/** Where to send to, and as whom. Throws PluginError. */
export function readTarget(options: S3Options, network: NetworkOptions): S3Settings {
  const { bucket, region, role_arn, external_id, sts_endpoint, profile } = options
  const { endpoint, path } = awsEndpoint('s3', region, options.endpoint, network)
  return {
    endpoint,
    basePath: path,
    bucket,
    region,
    credentials: { region, profile, roleArn: role_arn, externalId: external_id, stsEndpoint: sts_endpoint },
    contentMd5: options.send_content_md5,
    retryAtOnce: options.auto_retry_requests
  }
}

/** Header fields that every object is made with. */
export function objectHeaders({ content_type, canned_acl, storage_class }: S3Options): { [name: string]: string } {
  return {
    ...(content_type === undefined ? {} : { 'content-type': content_type }),
    ...(canned_acl === undefined ? {} : { 'x-amz-acl': canned_acl }),
    ...(storage_class === undefined ? {} : { 'x-amz-storage-class': storage_class })
  }
}
