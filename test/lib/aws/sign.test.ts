import { expect, test } from 'vitest'
import { Signer } from '../../../src/lib/aws/sign.ts'
import { checkSignature } from '../../support/fakes/signature.ts'

const SECRETS = new Map([['AKID', 'secret']])

test.each([
  ['GET', 443, '/', {}, ''],
  ['POST', 9200, '/logs-%2F/_bulk', { filter_path: 'errors,items.*.status', pipeline: 'a b' }, '{"a":"é"}\n'],
  ['PUT', 80, '/a b/c', {}, Buffer.from([0, 255])]
])('%s on port %d is signed so that the service agrees', async (method, port, path, query, body) => {
  const signer = new Signer('es', 'eu-central-1', async () => ({ accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' }))
  const headers = await signer.sign({ method, secure: port === 443, host: 'search.example.com', port, path, query, headers: { 'content-type': 'text/plain' }, body })
  const search = new URLSearchParams(query).toString().replaceAll('+', '%20').replaceAll('*', '%2A')
  const request = { method, url: search === '' ? path : `${path}?${search}`, headers }
  expect(headers).toMatchObject({ host: port === 9200 ? 'search.example.com:9200' : 'search.example.com', 'x-amz-security-token': 'token' })
  expect(checkSignature(request, Buffer.from(body), SECRETS)).toBeUndefined()
  expect(checkSignature(request, Buffer.from('other'), SECRETS)).toBeDefined()
})
