/** MurmurHash3, the 128-bit variant for 32-bit machines (by Austin Appleby, public domain), seed 0. */
const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93

const result = new Uint32Array(4)

/** Hash of a byte range as four words, valid until the next call. */
export function murmur128(bytes: Buffer, start: number, end: number): Uint32Array {
  let h1 = 0
  let h2 = 0
  let h3 = 0
  let h4 = 0
  let at = start
  for (; at + 16 <= end; at += 16) {
    h1 ^= mix(word(bytes, at), C1, 15, C2)
    h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0
    h2 ^= mix(word(bytes, at + 4), C2, 16, C3)
    h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0
    h3 ^= mix(word(bytes, at + 8), C3, 17, C4)
    h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0
    h4 ^= mix(word(bytes, at + 12), C4, 18, C1)
    h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0
  }
  const left = end - at
  if (left > 12) h4 ^= mix(tail(bytes, at + 12, end), C4, 18, C1)
  if (left > 8) h3 ^= mix(tail(bytes, at + 8, Math.min(end, at + 12)), C3, 17, C4)
  if (left > 4) h2 ^= mix(tail(bytes, at + 4, Math.min(end, at + 8)), C2, 16, C3)
  if (left > 0) h1 ^= mix(tail(bytes, at, Math.min(end, at + 4)), C1, 15, C2)
  const length = end - start
  h1 ^= length
  h2 ^= length
  h3 ^= length
  h4 ^= length
  h1 = (h1 + h2 + h3 + h4) | 0
  h2 = (h2 + h1) | 0
  h3 = (h3 + h1) | 0
  h4 = (h4 + h1) | 0
  h1 = finish(h1)
  h2 = finish(h2)
  h3 = finish(h3)
  h4 = finish(h4)
  h1 = (h1 + h2 + h3 + h4) | 0
  result[0] = h1
  result[1] = h2 + h1
  result[2] = h3 + h1
  result[3] = h4 + h1
  return result
}

function word(bytes: Buffer, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

function tail(bytes: Buffer, from: number, to: number): number {
  let value = 0
  for (let i = to - 1; i >= from; i--) value = (value << 8) | bytes[i]!
  return value
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function mix(value: number, first: number, bits: number, second: number): number {
  return Math.imul(rotate(Math.imul(value, first), bits), second)
}

function finish(value: number): number {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
