/**
 * Which partition a message goes to. With a key: as librdkafka's partitioner of that name does, so that a key stays where
 * it was. Without: by its stream, so that a file's lines stay in order.
 */
import { crc32 } from 'node:zlib'

export type KeyHash = (key: Buffer) => number

/** The hash behind `partitioner`; undefined for `random`, which looks at no key. */
export function keyHash(partitioner: string): KeyHash | undefined {
  switch (partitioner) {
    case 'random': return undefined
    case 'murmur2':
    case 'murmur2_random': return (key) => murmur2(key) & 0x7fff_ffff
    case 'fnv1a':
    case 'fnv1a_random': return (key) => Math.abs(fnv1a(key))
    default: return (key) => crc32(key)
  }
}

/** MurmurHash2 with the seed of Kafka's Java client (org.apache.kafka.common.utils.Utils), signed. */
export function murmur2(bytes: Buffer): number {
  const M = 0x5bd1e995
  let hash = 0x9747b28c ^ bytes.length
  let at = 0
  for (; at + 4 <= bytes.length; at += 4) {
    let word = Math.imul(bytes.readInt32LE(at), M)
    word = Math.imul(word ^ (word >>> 24), M)
    hash = Math.imul(hash, M) ^ word
  }
  const rest = bytes.length - at
  if (rest === 3) hash ^= bytes[at + 2]! << 16
  if (rest >= 2) hash ^= bytes[at + 1]! << 8
  if (rest >= 1) hash = Math.imul(hash ^ bytes[at]!, M)
  hash = Math.imul(hash ^ (hash >>> 13), M)
  return hash ^ (hash >>> 15)
}

/** FNV-1a with 32 bits, signed, as Sarama and librdkafka take it. */
export function fnv1a(bytes: Buffer): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash | 0
}

/**
 * Jump consistent hash (Lamping and Veach, 2014): when a topic grows from n to n + 1 partitions, one stream in n + 1 moves
 * and all of those to the new partition, so that the order of the others is kept.
 */
export function jumpHash(text: string, buckets: number): number {
  let key = BigInt(crc32(text)) | (BigInt(crc32(text, 0xffff_ffff)) << 32n)
  let bucket = -1
  let jump = 0
  while (jump < buckets) {
    bucket = jump
    key = (key * 2_862_933_555_777_941_757n + 1n) & 0xffff_ffff_ffff_ffffn
    jump = Math.floor(((bucket + 1) * 0x8000_0000) / (Number(key >> 33n) + 1))
  }
  return bucket
}
