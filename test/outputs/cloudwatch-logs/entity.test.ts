import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { Record } from '../../../src/event/record.ts'
import { EntityReader, mayHaveEntity, writeWithoutEntity } from '../../../src/outputs/cloudwatch-logs/entity.ts'
import { makeBatch } from '../../event/make-batch.ts'

function read(body: object): unknown {
  const pool = new Pool()
  const record = new Record(pool)
  makeBatch([{ body }]).open(0, record)
  const text = new EntityReader(pool).read(record)
  return text === '' ? undefined : JSON.parse(text)
}

const KUBERNETES = {
  namespace_name: 'shop', host: 'node-1', aws_entity_service_name: 'cart', aws_entity_environment: 'prod', aws_entity_cluster: 'c1',
  aws_entity_workload: 'cart-deploy', aws_entity_name_source: 'Instrumentation', aws_entity_platform: 'eks'
}
const OWN = { aws_entity_ec2_instance_id: 'i-0', aws_entity_account_id: '123456789012' }

test('all that the filters know of a service', () => {
  expect(read({ ...OWN, kubernetes: KUBERNETES })).toEqual({
    keyAttributes: { Type: 'Service', Name: 'cart', Environment: 'prod', AwsAccountId: '123456789012' },
    attributes: {
      PlatformType: 'AWS::EKS', 'EKS.Cluster': 'c1', 'K8s.Namespace': 'shop', 'K8s.Node': 'node-1', 'K8s.Workload': 'cart-deploy', 'EC2.InstanceId': 'i-0',
      'AWS.ServiceNameSource': 'Instrumentation'
    }
  })
})

test('the workload is the name where there is no other, and platform, cluster and namespace are the environment', () => {
  const { namespace_name, aws_entity_cluster, aws_entity_workload } = KUBERNETES
  expect(read({ ...OWN, kubernetes: { namespace_name, aws_entity_cluster, aws_entity_workload, aws_entity_platform: 'k8s' } })).toMatchObject({
    keyAttributes: { Name: 'cart-deploy', Environment: 'k8s:c1/shop' },
    attributes: { PlatformType: 'K8s', 'K8s.Cluster': 'c1', 'AWS.ServiceNameSource': 'K8sWorkload' }
  })
})

test('outside of Kubernetes it is a generic one', () => {
  expect(read({ ...OWN, kubernetes: { aws_entity_service_name: 's' } })).toEqual({
    keyAttributes: { Type: 'Service', Name: 's', AwsAccountId: '123456789012' }, attributes: { PlatformType: 'Generic', 'EC2.InstanceId': 'i-0' }
  })
})

test.each([
  [{}], [{ kubernetes: KUBERNETES }], [OWN], [{ ...OWN, kubernetes: { namespace_name: 'shop' } }], [{ ...OWN, aws_entity_account_id: '', kubernetes: KUBERNETES }],
  [{ ...OWN, aws_entity_account_id: 123_456_789_012, kubernetes: KUBERNETES }]
])('%o is too little, or no text', (body) => {
  expect(read(body)).toBeUndefined()
})

function without(text: string): string {
  const from = Buffer.from(`<${text}>`)
  const to = Buffer.alloc(from.length + 10, 0x2e)
  return to.toString('utf8', 3, writeWithoutEntity(from, 1, from.length - 1, to, 3))
}

test('the keys of the entity leave the message, the rest stays as it was spelled', () => {
  expect(without('{"aws_entity_a":1,"log":"\\u00e9 \\"aws_entity\\"","n":1.50,"kubernetes":{"aws_entity_x":{"y":[1]},"pod":"p"},"aws_entity":0}')).toBe(
    '{"log":"\\u00e9 \\"aws_entity\\"","n":1.50,"kubernetes":{"pod":"p"}}')
  expect(without('{ "aws_entity" : [ 1 ] , "a" : { "aws_entity" : 2 } }')).toBe('{"a" : { "aws_entity" : 2 }}')
  expect(without('{"kubernetes":"aws_entity","kubernetes":{"kubernetes":{"aws_entity":1}}}')).toBe('{"kubernetes":"aws_entity","kubernetes":{"kubernetes":{"aws_entity":1}}}')
  expect([without('{}'), without('{ }'), without('{"aws_entity":1}')]).toEqual(['{}', '{}', '{}'])
})

test('of any record exactly these keys leave', () => {
  const key = fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('aws_entity_a', 'aws_entity', 'aws_entit', 'kubernetes', 'x"aws_entity'))
  const kept = (object: object): object => Object.fromEntries(Object.entries(object).filter(([name]) => !name.startsWith('aws_entity')))
  const inner = fc.dictionary(key, fc.jsonValue({ maxDepth: 1 }))
  fc.assert(fc.property(fc.dictionary(key, fc.oneof(inner, fc.jsonValue({ maxDepth: 1 }))), fc.constantFrom(0, 2), (body, indent) => {
    const found = JSON.parse(without(JSON.stringify(body, null, indent))) as object
    const expected = Object.fromEntries(Object.entries(kept(body)).map(([name, value]) => [
      name, name === 'kubernetes' && typeof value === 'object' && value !== null && !Array.isArray(value) ? kept(value as object) : value as unknown
    ]))
    expect(found).toEqual(JSON.parse(JSON.stringify(expected)))
  }))
})

test('a frame without the keys is told at once', () => {
  expect([mayHaveEntity(Buffer.from('{"aws_entity_a":1}')), mayHaveEntity(Buffer.from('{"log":"an aws_entity"}'))]).toEqual([true, false])
})
