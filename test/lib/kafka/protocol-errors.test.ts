import { expect, it } from 'vitest'
import { KafkaError, check, describeError, remedyOf } from '../../../src/lib/kafka/protocol-errors.ts'

it('says what is wrong in its own words or the broker\'s', () => {
  expect(describeError(6)).toBe('NOT_LEADER_OR_FOLLOWER: the partition has moved to another broker')
  expect(describeError(87, 'no key')).toBe('INVALID_RECORD: no key')
  expect(describeError(9999)).toBe('error 9999')
})

it('knows what helps', () => {
  expect([6, 10, 87, 17, 45, 29, 19, 9999].map(remedyOf)).toEqual(['leader', 'large', 'bad', 'never', 'identity', 'denied', 'again', 'denied'])
})

it('throws for anything but 0', () => {
  check(0, 'all is well')
  expect(() => check(29, 'topic t')).toThrow('topic t: TOPIC_AUTHORIZATION_FAILED: we are not allowed to use the topic')
  expect(new KafkaError('x')).toMatchObject({ code: undefined, unsure: false })
})
