import { expect, test } from 'vitest'
import { awsEndpoint } from '../../../../src/outputs/shared/aws/endpoint.ts'
import { PluginError } from '../../../../src/plugin/context.ts'

const at = (given: string | undefined, region = 'eu-central-1', port: number | undefined = 443): readonly [string, string] => {
  const { endpoint: { secure, host, port: number }, path } = awsEndpoint('s3', region, given, { port })
  return [`${secure ? 'https' : 'http'} ${host} ${number}`, path]
}

test.each<[string | undefined, string, string, string?, number?]>([
  [undefined, 'https s3.eu-central-1.amazonaws.com 443', ''],
  [undefined, 'https s3.cn-north-1.amazonaws.com.cn 443', '', 'cn-north-1'],
  ['vpce.example.com', 'https vpce.example.com 443', ''],
  ['vpce.example.com:8443', 'https vpce.example.com 8443', ''],
  ['http://minio:9000/base/', 'http minio 9000', '/base'],
  ['http://minio', 'http minio 80', ''],
  ['http://minio', 'http minio 9000', '', 'x', 9000],
  ['http://[::1]:9000', 'http ::1 9000', '']
])('%s', (given, endpoint, path, region, port) => {
  expect(at(given, region, port)).toEqual([endpoint, path])
})

test.each(['ftp://x', 'http://'])('%s is refused', (given) => {
  expect(() => at(given)).toThrow(PluginError)
})
