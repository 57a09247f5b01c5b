import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Imds, ImdsError } from '../../../src/filters/aws/imds.ts'
import { TestServer } from '../../outputs/test-server.ts'

const ENDPOINT = 'AWS_EC2_METADATA_SERVICE_ENDPOINT'
const DISABLED = 'AWS_EC2_METADATA_DISABLED'

let server: TestServer
let asked: string[]
let values: { [path: string]: string | number }
/** The token that holds; none is wanted when undefined. */
let token: string | undefined

beforeEach(async () => {
  asked = []
  token = 'token-1'
  values = {}
  server = new TestServer((response, { method, url, headers }) => {
    asked.push(`${method} ${url}`)
    if (method === 'PUT') return void (typeof values['token'] === 'number' ? response.writeHead(values['token']).end() : response.end(token))
    if (token !== undefined && headers['x-aws-ec2-metadata-token'] !== token) return void response.writeHead(401).end('Unauthorized')
    const value = values[url] ?? 404
    if (typeof value === 'number') response.writeHead(value).end('<html>wrong</html>')
    else response.end(value)
  })
  process.env[ENDPOINT] = `http://127.0.0.1:${await server.listen()}`
})
afterEach(async () => {
  delete process.env[ENDPOINT]
  delete process.env[DISABLED]
  await server.close()
})

const gets = (): string[] => asked.filter((line) => line.startsWith('GET'))
const refused = async (answer: Promise<unknown>, reason: string): Promise<void> => {
  await expect(answer).rejects.toThrow(ImdsError)
  await expect(answer).rejects.toThrow(reason)
}

describe('version 2', () => {
  it('asks with one token until it is refused, then with a new one', async () => {
    values['/latest/meta-data/instance-id'] = 'i-1'
    const imds = new Imds(true)
    expect([await imds.ask('ec2_instance_id'), await imds.ask('ec2_instance_id')]).toEqual(['i-1', 'i-1'])
    expect(asked.filter((line) => line === 'PUT /latest/api/token').length).toBe(1)
    token = 'token-2'
    expect(await imds.ask('ec2_instance_id')).toBe('i-1')
    expect(asked.filter((line) => line === 'PUT /latest/api/token').length).toBe(2)
  })

  it('says so when there is no token, and does not ask without one', async () => {
    values['token'] = 403
    await refused(new Imds(true).ask('az'), 'HTTP 403 for /latest/api/token')
    expect(gets()).toEqual([])
  })

  it('names the hop limit when nobody answers for the token', async () => {
    await server.close()
    await refused(new Imds(true).ask('az'), 'the hop limit of the instance may forbid it')
  })
})

it('version 1 asks without a token', async () => {
  token = undefined
  values['/latest/meta-data/placement/availability-zone'] = 'eu-central-1a'
  expect(await new Imds(false).ask('az')).toBe('eu-central-1a')
  expect(asked).toEqual(['GET /latest/meta-data/placement/availability-zone'])
})

describe('what is asked', () => {
  it('is found in two steps where the service has it so: the network by the address, the account in the document', async () => {
    values['/latest/meta-data/mac'] = '0e:49:61:0f:c3:11/\n'
    values['/latest/meta-data/network/interfaces/macs/0e:49:61:0f:c3:11/vpc-id'] = 'vpc-1'
    values['/latest/dynamic/instance-identity/document'] = '{ "region": "x", "accountId" : "012345678901" }'
    const imds = new Imds(true)
    expect([await imds.ask('vpc_id'), await imds.ask('account_id')]).toEqual(['vpc-1', '012345678901'])
    values['/latest/dynamic/instance-identity/document'] = '{"accountId":null}'
    await refused(imds.ask('account_id'), 'the identity of the instance names no account')
  })

  it.each([404, 500, 301])('is not made of a page with status %i', async (status) => {
    values['/latest/meta-data/hostname'] = status
    await refused(new Imds(true).ask('hostname'), `HTTP ${status} for /latest/meta-data/hostname`)
  })

  it('are tags, whatever their names; none where the metadata has none', async () => {
    const imds = new Imds(true)
    expect(await imds.tags()).toEqual([])
    values['/latest/meta-data/tags/instance'] = 'Name\nkubernetes.io/cluster/a\nä b?\n'
    values['/latest/meta-data/tags/instance/Name'] = 'node'
    values['/latest/meta-data/tags/instance/kubernetes.io%2Fcluster%2Fa'] = 'owned'
    values['/latest/meta-data/tags/instance/%C3%A4%20b%3F'] = ''
    expect(await imds.tags()).toEqual([['Name', 'node'], ['kubernetes.io/cluster/a', 'owned'], ['ä b?', '']])
    delete values['/latest/meta-data/tags/instance/Name']
    await refused(imds.tags(), 'HTTP 404 for /latest/meta-data/tags/instance/Name')
  })
})

it('asks nobody where the environment forbids it', async () => {
  process.env[DISABLED] = 'TRUE'
  await refused(new Imds(true).ask('az'), 'AWS_EC2_METADATA_DISABLED is set')
  expect(asked).toEqual([])
})
