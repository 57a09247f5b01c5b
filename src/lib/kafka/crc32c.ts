/**
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4): reflected, polynomial 0x82f63b78. Sixteen bytes a step with as many tables
 * ("slicing-by-16"), read as 32-bit words: about 1 GB/s, which Node has no native function for.
 */
const POLYNOMIAL = 0x82f63b78
const STRIDE = 16
type Tables = readonly [
  Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array,
  Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array
]

/** Made at the first checksum: agents that speak to no broker need none. */
let tables: Tables | undefined

function makeTables(): Tables {
  const made = Array.from({ length: STRIDE }, () => new Int32Array(256))
  for (let i = 0; i < 256; i++) {
    let crc = i
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    made[0]![i] = crc
  }
  for (let table = 1; table < STRIDE; table++) {
    for (let i = 0; i < 256; i++) {
      const crc = made[table - 1]![i]!
      made[table]![i] = (crc >>> 8) ^ made[0]![crc & 0xff]!
    }
  }
  return made as unknown as Tables
}

/** The checksum of `[start, end)`, unsigned; `before` is that of the bytes in front, so that it can be taken in parts. */
export function crc32c(bytes: Buffer, start = 0, end = bytes.length, before = 0): number {
  const [T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15] = (tables ??= makeTables())
  let crc = ~before
  let at = start
  while (at < end && ((bytes.byteOffset + at) & 3) !== 0) crc = (crc >>> 8) ^ T0[(crc ^ bytes[at++]!) & 0xff]!
  const steps = (end - at) >>> 4
  if (steps > 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, steps * 4)
    for (let i = 0; i < words.length; i += 4) {
      const a = crc ^ words[i]!
      const b = words[i + 1]!
      const c = words[i + 2]!
      const d = words[i + 3]!
      crc = T15[a & 0xff]! ^ T14[(a >>> 8) & 0xff]! ^ T13[(a >>> 16) & 0xff]! ^ T12[a >>> 24]!
        ^ T11[b & 0xff]! ^ T10[(b >>> 8) & 0xff]! ^ T9[(b >>> 16) & 0xff]! ^ T8[b >>> 24]!
        ^ T7[c & 0xff]! ^ T6[(c >>> 8) & 0xff]! ^ T5[(c >>> 16) & 0xff]! ^ T4[c >>> 24]!
        ^ T3[d & 0xff]! ^ T2[(d >>> 8) & 0xff]! ^ T1[(d >>> 16) & 0xff]! ^ T0[d >>> 24]!
    }
    at += steps * STRIDE
  }
  while (at < end) crc = (crc >>> 8) ^ T0[(crc ^ bytes[at++]!) & 0xff]!
  return ~crc >>> 0
}
