/**
 * XXH3, 64 bits, without a seed, of 1 to 32 bytes: the checksum by which Fluent Bit marks an offset in its database of
 * positions. After the specification of the algorithm (github.com/Cyan4973/xxHash, doc/xxhash_spec.md).
 */
const SECRET = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221' +
  'b8084674f743248ee03590e6813a264c', 'hex')

const MASK = (1n << 64n) - 1n
const PRIME64_1 = 0x9e3779b185ebca87n
const PRIME64_2 = 0xc2b2ae3d27d4eb4fn
const PRIME64_3 = 0x165667b19e3779f9n
const PRIME_MX1 = 0x165667919e3779f9n
const PRIME_MX2 = 0x9fb21c651e98df25n

const rotate = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & MASK
const swap64 = (value: bigint): bigint => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes.readBigUInt64BE()
}
/** Both halves of the 128-bit product, one upon the other. */
const fold = (a: bigint, b: bigint): bigint => {
  const product = a * b
  return (product & MASK) ^ (product >> 64n)
}

function avalanche64(hash: bigint): bigint {
  hash ^= hash >> 33n
  hash = (hash * PRIME64_2) & MASK
  hash ^= hash >> 29n
  hash = (hash * PRIME64_3) & MASK
  return hash ^ (hash >> 32n)
}

function avalanche(hash: bigint): bigint {
  hash ^= hash >> 37n
  hash = (hash * PRIME_MX1) & MASK
  return hash ^ (hash >> 32n)
}

/** The checksum of 1 to 32 bytes, unsigned. */
export function xxh3(bytes: Buffer): bigint {
  const { length } = bytes
  const size = BigInt(length)
  if (length <= 3) {
    const combined = ((bytes[0]! << 16) | (bytes[length >> 1]! << 24) | bytes[length - 1]! | (length << 8)) >>> 0
    return avalanche64(BigInt(combined) ^ BigInt((SECRET.readUInt32LE(0) ^ SECRET.readUInt32LE(4)) >>> 0))
  }
  if (length <= 8) {
    const first = BigInt(bytes.readUInt32LE(0))
    const last = BigInt(bytes.readUInt32LE(length - 4))
    const flip = SECRET.readBigUInt64LE(8) ^ SECRET.readBigUInt64LE(16)
    let hash = (last + (first << 32n)) ^ flip
    hash ^= rotate(hash, 49n) ^ rotate(hash, 24n)
    hash = (hash * PRIME_MX2) & MASK
    hash ^= (hash >> 35n) + size
    hash = (hash * PRIME_MX2) & MASK
    return hash ^ (hash >> 28n)
  }
  if (length <= 16) {
    const low = bytes.readBigUInt64LE(0) ^ (SECRET.readBigUInt64LE(24) ^ SECRET.readBigUInt64LE(32))
    const high = bytes.readBigUInt64LE(length - 8) ^ (SECRET.readBigUInt64LE(40) ^ SECRET.readBigUInt64LE(48))
    return avalanche((size + swap64(low) + high + fold(low, high)) & MASK)
  }
  const mix = (at: number, secret: number): bigint => fold(
    bytes.readBigUInt64LE(at) ^ SECRET.readBigUInt64LE(secret),
    bytes.readBigUInt64LE(at + 8) ^ SECRET.readBigUInt64LE(secret + 8)
  )
  return avalanche((size * PRIME64_1 + mix(0, 0) + mix(length - 16, 16)) & MASK)
}
