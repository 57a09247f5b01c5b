import { expect, it } from 'vitest'
import { fnv1a, jumpHash, keyHash, murmur2 } from '../../../src/lib/kafka/partitioner.ts'

it('hashes as Kafka\'s Java client does', () => {
  // org.apache.kafka.common.utils.UtilsTest
  const cases: readonly (readonly [string, number])[] = [
    ['21', -973932308], ['foobar', -790332482], ['a-little-bit-long-string', -985981536], ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971], ['abc', 479470107]
  ]
  expect(cases.map(([text]) => murmur2(Buffer.from(text)))).toEqual(cases.map(([, hash]) => hash))
})

it('hashes as librdkafka does', () => {
  // its unit tests of fnv1a; CRC-32 of the check value
  expect(fnv1a(Buffer.from('kafka')) >>> 0).toBe(0xd33c4e1 >>> 0)
  expect(keyHash('consistent_random')!(Buffer.from('123456789'))).toBe(0xcbf43926)
  expect(keyHash('murmur2')!(Buffer.from('21'))).toBe(-973932308 & 0x7fff_ffff)
  expect(keyHash('fnv1a_random')!(Buffer.from('x'))).toBeGreaterThanOrEqual(0)
  expect(keyHash('random')).toBeUndefined()
})

it('moves few streams when a topic grows, and those to the new partitions', () => {
  const names = Array.from({ length: 3000 }, (_, i) => `stream-${i}`)
  const before = names.map((name) => jumpHash(name, 5))
  const after = names.map((name) => jumpHash(name, 6))
  const moved = names.filter((_, i) => before[i] !== after[i])
  expect(moved.length).toBeGreaterThan(350)
  expect(moved.length).toBeLessThan(650)
  expect(names.every((_, i) => before[i] === after[i] || after[i] === 5)).toBe(true)
  for (let bucket = 0; bucket < 5; bucket++) expect(before.filter((b) => b === bucket).length).toBeGreaterThan(450)
})
