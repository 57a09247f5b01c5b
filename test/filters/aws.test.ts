import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestServer } from '../outputs/test-server.ts'
import { build, run, through } from './support.ts'

const VALUES: { readonly [path: string]: string } = {
  '/latest/meta-data/placement/availability-zone': 'eu-central-1a',
  '/latest/meta-data/instance-id': 'i-0abc',
  '/latest/meta-data/instance-type': 'm7g.large',
  '/latest/meta-data/local-ipv4': '10.0.0.7',
  '/latest/meta-data/mac': '0e:49:61:0f:c3:11',
  '/latest/meta-data/network/interfaces/macs/0e:49:61:0f:c3:11/vpc-id': 'vpc-1',
  '/latest/meta-data/ami-id': 'ami-1',
  '/latest/dynamic/instance-identity/document': '{\n  "accountId" : "123456789012",\n  "region" : "eu-central-1"\n}',
  '/latest/meta-data/hostname': 'ip-10-0-0-7.ec2.internal',
  '/latest/meta-data/tags/instance': 'Name\nteam a\nsecret',
  '/latest/meta-data/tags/instance/Name': 'node "1"',
  '/latest/meta-data/tags/instance/team%20a': 'x',
  '/latest/meta-data/tags/instance/secret': 's'
}

let imds: TestServer
let tokens = 0
let silent = false
let missing: string[] = []

beforeEach(async () => {
  tokens = 0
  silent = false
  missing = []
  imds = new TestServer((response, { method, url, headers }) => {
    if (silent) return
    if (method === 'PUT' && url === '/latest/api/token' && headers['x-aws-ec2-metadata-token-ttl-seconds'] !== undefined) return void response.end(`token-${++tokens}`)
    if (headers['x-aws-ec2-metadata-token'] !== `token-${tokens}`) return void response.writeHead(401).end()
    const value = missing.includes(url) ? undefined : VALUES[url]
    response.writeHead(value === undefined ? 404 : 200).end(value)
  })
  process.env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] = `http://127.0.0.1:${await imds.listen()}`
})
afterEach(async () => {
  delete process.env['AWS_EC2_METADATA_SERVICE_ENDPOINT']
  await imds.close()
})

describe('filter aws', () => {
  it('adds zone and instance', async () => {
    expect(await run('aws', {}, [{ log: 'x' }, { az: 'own' }])).toEqual([
      '{"log":"x","az":"eu-central-1a","ec2_instance_id":"i-0abc"}', '{"az":"eu-central-1a","ec2_instance_id":"i-0abc"}'
    ])
    expect(tokens).toBe(1)
  })

  it('adds all that it is asked for, in this order', async () => {
    const all = { ec2_instance_type: true, private_ip: true, vpc_id: true, ami_id: true, account_id: true, hostname: true, tags_enabled: true, enable_entity: true }
    expect(JSON.parse((await run('aws', all, [{}]))[0]!)).toEqual({
      az: 'eu-central-1a', ec2_instance_id: 'i-0abc', ec2_instance_type: 'm7g.large', private_ip: '10.0.0.7', vpc_id: 'vpc-1', ami_id: 'ami-1',
      account_id: '123456789012', hostname: 'ip-10-0-0-7.ec2.internal', Name: 'node "1"', 'team a': 'x', secret: 's',
      aws_entity_ec2_instance_id: 'i-0abc', aws_entity_account_id: '123456789012'
    })
  })

  it('chooses tags, and does without where the metadata has none', async () => {
    const few = { az: false, ec2_instance_id: false, tags_enabled: true }
    expect(await run('aws', { ...few, tags_include: 'Name' }, [{}])).toEqual(['{"Name":"node \\"1\\""}'])
    expect(await run('aws', { ...few, tags_exclude: 'Name, secret' }, [{}])).toEqual(['{"team a":"x"}'])
    missing = ['/latest/meta-data/tags/instance']
    const built = await build('aws', few)
    expect([through(built, [{}]), built.messages]).toEqual([['{}'], []])
    await expect(build('aws', { ...few, tags_include: 'a', tags_exclude: 'b' })).rejects.toMatchObject({ option: 'tags_exclude' })
  })

  it('lets records flow soon when nobody answers, says why, and adds what is known later', async () => {
    silent = true
    const start = performance.now()
    const built = await build('aws', { retry_interval_s: 1 })
    expect(performance.now() - start).toBeLessThan(5000)
    expect(through(built, [{ a: 1 }])).toEqual(['{"a":1}'])
    expect(built.messages).toEqual([{ level: 'warn', text: expect.stringContaining('hop limit') as unknown }])
    silent = false
    await expect.poll(() => through(built, [{ a: 1 }])[0], { timeout: 10_000 }).toBe('{"a":1,"az":"eu-central-1a","ec2_instance_id":"i-0abc"}')
    await built.filter.close?.()
  })

  it('fetches a new token when the old one has ended, and keeps what it knows when one answer is missing', async () => {
    missing = ['/latest/meta-data/hostname']
    const built = await build('aws', { hostname: true, retry_interval_s: 1 })
    expect(through(built, [{}])).toEqual(['{"az":"eu-central-1a","ec2_instance_id":"i-0abc"}'])
    missing = []
    tokens = 7
    await expect.poll(() => through(built, [{}])[0], { timeout: 10_000 }).toContain('"hostname":"ip-10-0-0-7')
    await built.filter.close?.()
  })

  it('works without a token in version 1, and not at all where it is forbidden', async () => {
    imds.behaviour = (response, { url, method }) => void response.writeHead(method === 'PUT' ? 405 : 200).end(VALUES[url])
    expect(await run('aws', { imds_version: 'v1' }, [{}])).toEqual(['{"az":"eu-central-1a","ec2_instance_id":"i-0abc"}'])
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true'
    expect(await run('aws', {}, [{}])).toEqual(['{}'])
    delete process.env['AWS_EC2_METADATA_DISABLED']
  })
})
