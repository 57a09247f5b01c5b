/**
 * A discarding HTTP server in a process of its own: reads every body, answers as a healthy Elasticsearch or CloudWatch Logs
 * does, prints its port and one where it speaks TLS (0 without openssl). Its CPU is not part of any figure.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const answer = '{"took":1,"errors":false,"items":[]}'

const take: RequestListener = (request, response) => {
  request.on('data', () => {})
  request.on('end', () => {
    response.writeHead(200, {
      'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch', 'x-amzn-RequestId': '1', 'content-length': answer.length
    })
    response.end(answer)
  })
}

/** A key and a certificate of its own making. */
function identity(): { key: Buffer; cert: Buffer } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'fantail-sink-'))
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')]
  const made = spawnSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', key, '-out', cert
  ])
  const found = made.status === 0 ? { key: readFileSync(key), cert: readFileSync(cert) } : undefined
  rmSync(folder, { recursive: true })
  return found
}

const server = createServer(take)
server.keepAliveTimeout = 60_000
await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
const known = identity()
let tls = 0
if (known !== undefined) {
  const secure = createSecureServer(known, take)
  secure.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => { secure.listen(0, '127.0.0.1', resolve) })
  tls = (secure.address() as AddressInfo).port
}
console.log((server.address() as AddressInfo).port, tls)
process.on('SIGTERM', () => process.exit(0))
