/** A plain writer of MessagePack, for what clients send: null, booleans, whole numbers, texts, Buffers, lists and maps. */
export function pack (value: unknown): Buffer {
  if (value === null) return Buffer.of(0xc0)
  if (typeof value === 'boolean') return Buffer.of(value ? 0xc3 : 0xc2)
  if (typeof value === 'number') return value >= 0 && value < 0x80 ? Buffer.of(value) : sized(0xce, value)
  if (typeof value === 'string') return Buffer.concat([sized(0xdb, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([sized(0xc6, value.length), value])
  if (Array.isArray(value)) return Buffer.concat([sized(0xdd, value.length), ...value.map(pack)])
  const entries = Object.entries(value as Readonly<Record<string, unknown>>)
  return Buffer.concat([sized(0xdf, entries.length), ...entries.flat().map(pack)])
}

function sized (head: number, size: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes[0] = head
  bytes.writeUInt32BE(size, 1)
  return bytes
}
