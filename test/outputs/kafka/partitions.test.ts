import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32 } from 'node:zlib'
import { keyHash } from '../../../src/lib/kafka/partitioner.ts'
import { Partitions } from '../../../src/outputs/kafka/partitions.ts'

const PARTITIONERS = ['random', 'consistent', 'consistent_random', 'murmur2', 'murmur2_random', 'fnv1a', 'fnv1a_random']
const streams = Array.from({ length: 25_000 }, (_, n) => `stream-${n}`)

test('every choice is a partition of the topic, and the same each time', () => {
  fc.assert(fc.property(
    fc.constantFrom(...PARTITIONERS), fc.option(fc.uint8Array({ maxLength: 40 })), fc.string(), fc.integer({ min: 1, max: 5000 }),
    (partitioner, bytes, stream, count) => {
      const key = bytes === null ? null : Buffer.from(bytes)
      const partitions = new Partitions(keyHash(partitioner))
      const chosen = partitions.choose(key, stream, count)
      expect(Number.isInteger(chosen) && chosen >= 0 && chosen < count).toBe(true)
      expect([partitions.choose(key, stream, count), new Partitions(keyHash(partitioner)).choose(key, stream, count)]).toEqual([chosen, chosen])
    }
  ))
})

test('a key decides alone; records without one follow their stream', () => {
  const partitions = new Partitions(keyHash('consistent_random'))
  const of = (key: string | null): number[] => streams.slice(0, 200).map((stream) => partitions.choose(key === null ? null : Buffer.from(key), stream, 16))
  expect(new Set(of('customer-7'))).toEqual(new Set([crc32('customer-7') % 16]))
  expect(new Set(of(null)).size).toBe(16)
  expect(of('')).toEqual(of(null))
})

test('without a hash, keys do not matter', () => {
  const partitions = new Partitions(keyHash('random'))
  for (const stream of streams.slice(0, 100)) {
    expect(partitions.choose(Buffer.from('one key'), stream, 12)).toBe(partitions.choose(null, stream, 12))
  }
})

test('streams are spread evenly, and keep their partitions after more than are remembered', () => {
  const partitions = new Partitions(undefined)
  const first = streams.map((stream) => partitions.choose(null, stream, 10))
  const sizes = Array.from({ length: 10 }, (_, n) => first.filter((partition) => partition === n).length)
  expect(Math.min(...sizes)).toBeGreaterThan(2200)
  expect(Math.max(...sizes)).toBeLessThan(2800)
  expect(streams.map((stream) => partitions.choose(null, stream, 10))).toEqual(first)
})

test('when a topic grows, streams move to its new partitions only', () => {
  const partitions = new Partitions(undefined)
  const some = streams.slice(0, 2000)
  const moved = some.filter((stream) => partitions.choose(null, stream, 8) !== partitions.choose(null, stream, 10))
  expect(moved.every((stream) => partitions.choose(null, stream, 10) >= 8)).toBe(true)
  expect(moved.length / some.length).toBeGreaterThan(0.15)
  expect(moved.length / some.length).toBeLessThan(0.25)
})
