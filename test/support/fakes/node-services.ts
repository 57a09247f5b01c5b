/**
 * What an agent meets on an EKS node besides its files, for agents in a network of their own: instance metadata (version 2
 * only), the kubelet's pods, and CloudWatch Logs under its own name, handed on through a socket in the file system.
 *
 *     node node-services.ts KEY CERTIFICATE PODS_FILE SOCKET READY_FILE
 */
import { readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import process from 'node:process'

const [key = '', certificate = '', pods = '', socket = '', ready = ''] = process.argv.slice(2)
const identity = { key: readFileSync(key), cert: readFileSync(certificate) }

const TOKEN = 'token-of-version-2'
const MAC = '0a:00:00:00:00:01'
const expires = new Date(Date.now() + 6 * 3_600_000).toISOString().replace(/\.\d+/, '')
const metadata: Readonly<Record<string, string>> = {
  'ami-id': 'ami-0123456789abcdef0',
  'instance-id': 'i-0123456789abcdef0',
  'instance-type': 'm5.large',
  'local-ipv4': '10.0.0.1',
  hostname: 'ip-10-0-0-1.internal',
  mac: MAC,
  'placement/availability-zone': 'eu-central-1a',
  'placement/region': 'eu-central-1',
  [`network/interfaces/macs/${MAC}/vpc-id`]: 'vpc-0123456789abcdef0',
  'iam/security-credentials': 'node-role',
  'iam/security-credentials/node-role': JSON.stringify({
    Code: 'Success', Type: 'AWS-HMAC', AccessKeyId: 'key', SecretAccessKey: 'secret', Token: 'session', LastUpdated: expires, Expiration: expires
  })
}

const instance = http.createServer((request, response) => {
  const at = (request.url ?? '').replace(/\/$/, '')
  if (request.method === 'PUT' && at === '/latest/api/token') {
    response.writeHead(200, { 'x-aws-ec2-metadata-token-ttl-seconds': request.headers['x-aws-ec2-metadata-token-ttl-seconds'] ?? '21600' }).end(TOKEN)
    return
  }
  if (request.headers['x-aws-ec2-metadata-token'] !== TOKEN) {
    response.writeHead(401).end()
    return
  }
  const document = { accountId: '123456789012', region: 'eu-central-1', availabilityZone: 'eu-central-1a', instanceId: metadata['instance-id'] }
  const text = at === '/latest/dynamic/instance-identity/document' ? JSON.stringify(document) : metadata[at.replace('/latest/meta-data/', '')]
  response.writeHead(text === undefined ? 404 : 200, { 'content-type': 'text/plain' }).end(text)
})

const kubelet = https.createServer(identity, (request, response) => {
  const found = request.url === '/pods' && request.headers.authorization === 'Bearer node-token'
  response.writeHead(found ? 200 : 401, { 'content-type': 'application/json' }).end(found ? readFileSync(pods) : '{}')
})

const cloudWatch = https.createServer(identity, (request, response) => {
  const onward = http.request({ socketPath: socket, method: request.method, path: request.url, headers: request.headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  request.pipe(onward)
})

await Promise.all([
  listen(instance, 80, '169.254.169.254'),
  listen(kubelet, 10250, '127.0.0.1'),
  listen(cloudWatch, 443, '127.0.0.1')
])
writeFileSync(ready, '')

function listen (server: http.Server, port: number, host: string): Promise<void> {
  return new Promise((done) => { server.listen(port, host, done) })
}
