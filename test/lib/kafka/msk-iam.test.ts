import { createHash, createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { mskToken, regionOf } from '../../../src/lib/kafka/msk-iam.ts'

const now = new Date('2026-11-22T10:00:00.123Z')

it('is a presigned request in base64url', () => {
  const { value } = mskToken('eu-west-1', { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'a/b=' }, 'fantail/1', now)
  expect(value).toMatch(/^[\w-]+$/)
  const url = new URL(Buffer.from(value, 'base64url').toString())
  expect(url.origin).toBe('https://kafka.eu-west-1.amazonaws.com')
  expect(Object.fromEntries(url.searchParams)).toEqual({
    'Action': 'kafka-cluster:Connect',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': 'AKID/20261122/eu-west-1/kafka-cluster/aws4_request',
    'X-Amz-Date': '20261122T100000Z',
    'X-Amz-Expires': '900',
    'X-Amz-Security-Token': 'a/b=',
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    'User-Agent': 'fantail/1'
  })
})

it('signs as AWS describes it', () => {
  const { value } = mskToken('us-east-1', { accessKeyId: 'AKID', secretAccessKey: 'secret' }, 'x', now)
  const signature = /X-Amz-Signature=(\w+)/.exec(Buffer.from(value, 'base64url').toString())![1]
  // written out by hand from the steps of "Create a signed AWS API request"
  const request = 'GET\n/\nAction=kafka-cluster%3AConnect&X-Amz-Algorithm=AWS4-HMAC-SHA256'
    + '&X-Amz-Credential=AKID%2F20261122%2Fus-east-1%2Fkafka-cluster%2Faws4_request&X-Amz-Date=20261122T100000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host\n'
    + 'host:kafka.us-east-1.amazonaws.com\n\nhost\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  const hash = createHash('sha256').update(request).digest('hex')
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
  const key = hmac(hmac(hmac(hmac('AWS4secret', '20261122'), 'us-east-1'), 'kafka-cluster'), 'aws4_request')
  expect(signature).toBe(hmac(key, `AWS4-HMAC-SHA256\n20261122T100000Z\n20261122/us-east-1/kafka-cluster/aws4_request\n${hash}`).toString('hex'))
})

it('finds the region in an ARN or in the names of brokers', () => {
  expect(regionOf('arn:aws:kafka:eu-central-1:123:cluster/c/u', [])).toBe('eu-central-1')
  expect(regionOf(undefined, ['b-1.c.abc.c2.kafka.us-east-2.amazonaws.com'])).toBe('us-east-2')
  expect(regionOf(undefined, ['boot-x.c1.kafka-serverless.ap-south-1.amazonaws.com'])).toBe('ap-south-1')
  expect(regionOf(undefined, ['kafka-1'])).toBeUndefined()
})
