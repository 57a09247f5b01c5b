/** A stand-in for Kinesis Data Streams and Firehose that checks signatures and limits, and misbehaves as it is told. */
import { TestServer, type Behaviour, type Received } from '../../outputs/test-server.ts'
import { checkSignature } from './signature.ts'

export const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }

export interface Put {
  readonly data: Buffer
  readonly key: string | undefined
}

const LIMITS = {
  'Kinesis_20131202.PutRecords': { stream: 'StreamName', record: 1024 * 1024, all: 5 * 1024 * 1024 },
  'Firehose_20150804.PutRecordBatch': { stream: 'DeliveryStreamName', record: 1000 * 1024, all: 4 * 1024 * 1024 }
} as const

export class KinesisFake {
  /** What was taken, in the order of arrival. */
  readonly taken: Put[] = []
  /** Records in each request. */
  readonly requests: number[] = []
  /** Answers a request instead of it, the `n`th (from 1). */
  instead: (n: number) => Behaviour | undefined = () => undefined
  /** The error of a record that is not taken. */
  refuses: (put: Put, n: number) => string | undefined = () => undefined
  /** The connection is cut when all is taken. */
  loses: (n: number) => boolean = () => false
  readonly #server = new TestServer((response, received) => {
    const n = this.requests.push(0)
    const instead = this.instead(n)
    if (instead !== undefined) return instead(response, received)
    const [status, body] = this.#put(received, n)
    if (this.loses(n)) return void response.destroy()
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(body))
  })

  listen(): Promise<number> {
    return this.#server.listen()
  }

  close(): Promise<void> {
    return this.#server.close()
  }

  #put(received: Received, n: number): [number, object] {
    const wrong = checkSignature(received, received.body, new Map([[KEYS.accessKeyId, KEYS.secretAccessKey]]))
    if (wrong !== undefined) return [400, { __type: wrong[0], message: wrong[1] }]
    const limits = LIMITS[received.headers['x-amz-target'] as keyof typeof LIMITS]
    const said = JSON.parse(received.body.toString()) as { readonly [name: string]: unknown } & { readonly Records: { Data: string; PartitionKey?: string }[] }
    if (said[limits.stream] !== 'logs') return [400, { __type: 'com.amazonaws.kinesis#ResourceNotFoundException', message: 'Stream not found' }]
    const puts = said.Records.map(({ Data, PartitionKey }) => ({ data: Buffer.from(Data, 'base64'), key: PartitionKey }))
    const sizes = puts.map(({ data, key = '' }) => data.length + Buffer.byteLength(key))
    const tooLarge = puts.length > 500 || sizes.some((size) => size > limits.record) || sizes.reduce((a, b) => a + b, 0) > limits.all
    if (tooLarge || puts.some(({ key }) => key !== undefined && (key === '' || Array.from(key).length > 256))) return [400, { __type: 'InvalidArgumentException', message: 'too large' }]
    this.requests[n - 1] = puts.length
    const answers = puts.map((put) => {
      const ErrorCode = this.refuses(put, n)
      if (ErrorCode !== undefined) return { ErrorCode, ErrorMessage: 'as told' }
      this.taken.push(put)
      return limits.stream === 'StreamName' ? { SequenceNumber: '1', ShardId: 's' } : { RecordId: '1' }
    })
    return [200, limits.stream === 'StreamName' ? { FailedRecordCount: 0, Records: answers } : { FailedPutCount: 0, RequestResponses: answers }]
  }
}
