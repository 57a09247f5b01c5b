/** Sends records to Amazon S3 as objects of many records each. */
import { defineOutput } from '../plugin/output.ts'
import { s3Options } from './s3/options.ts'
import { S3Output } from './s3/output.ts'

export const s3 = defineOutput({
  name: 's3',
  summary: 'Send records to Amazon S3, or to a store that speaks its API, as objects of many records each.',
  description:
    'Records gather on disk in the state directory, in an object for each tag, until it has total_file_size bytes, is '
    + 'upload_timeout old, or the agent stops; then it is sent. They count as delivered when the object is there. A kill loses '
    + 'and repeats nothing: an upload in parts goes on behind the last part that S3 took, under the same key. While S3 fails '
    + 'records wait in the buffer.',
  options: s3Options,
  network: { port: 443 },
  examples: [
    {
      title: 'Container logs, compressed, a folder per hour',
      config: "name: s3\nmatch: 'kube.*'\nbucket: acme-logs\nregion: eu-central-1\ncompression: gzip\n"
        + 's3_key_format: /eks/prod/%Y/%m/%d/%H/$TAG-$UUID.log.gz\nupload_timeout: 5m'
    },
    {
      title: 'A store of one\'s own',
      config: "name: s3\nmatch: '*'\nbucket: logs\nendpoint: http://minio.storage:9000\nuse_put_object: on\ntotal_file_size: 20M"
    }
  ],
  // a batch is full before an input in memory is: one that is not waits for `flush`
  limits: () => ({ maxBytes: 2 * 1024 * 1024, maxRecords: 50_000, concurrency: 1, ordered: true, gather: true }),
  create: (options, context) => new S3Output(options, context)
})
