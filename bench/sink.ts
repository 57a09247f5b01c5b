/**
 * A discarding HTTP server in a process of its own: reads every body, answers as a healthy Elasticsearch does, prints its
 * port. Its CPU is not part of any figure.
 */
import { createServer } from 'node:http'

const answer = '{"took":1,"errors":false,"items":[]}'

const server = createServer((request, response) => {
  request.on('data', () => {})
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch', 'content-length': answer.length })
    response.end(answer)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' && address !== null ? address.port : 0)
})
process.on('SIGTERM', () => process.exit(0))
