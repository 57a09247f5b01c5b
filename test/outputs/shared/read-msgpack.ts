/** A plain reader of MessagePack, to check what outputs write. */
export interface Read {
  readonly value: unknown
  readonly next: number
}

export function readMsgpack(b: Buffer, at = 0): Read {
  const type = b[at++]!
  if (type < 0x80) return { value: type, next: at }
  if (type < 0x90) return readMap(b, at, type & 15)
  if (type < 0xa0) return readList(b, at, type & 15)
  if (type < 0xc0) return readText(b, at, type & 31)
  if (type >= 0xe0) return { value: type - 256, next: at }
  switch (type) {
    case 0xc0: return { value: null, next: at }
    case 0xc2: return { value: false, next: at }
    case 0xc3: return { value: true, next: at }
    case 0xc6: return { value: b.subarray(at + 4, at + 4 + b.readUInt32BE(at)), next: at + 4 + b.readUInt32BE(at) }
    case 0xcb: return { value: b.readDoubleBE(at), next: at + 8 }
    case 0xcc: return { value: b.readUInt8(at), next: at + 1 }
    case 0xcd: return { value: b.readUInt16BE(at), next: at + 2 }
    case 0xce: return { value: b.readUInt32BE(at), next: at + 4 }
    case 0xcf: return { value: Number(b.readBigUInt64BE(at)), next: at + 8 }
    case 0xd0: return { value: b.readInt8(at), next: at + 1 }
    case 0xd1: return { value: b.readInt16BE(at), next: at + 2 }
    case 0xd2: return { value: b.readInt32BE(at), next: at + 4 }
    case 0xd3: return { value: Number(b.readBigInt64BE(at)), next: at + 8 }
    case 0xd7: return { value: { seconds: b.readUInt32BE(at + 1), nanos: b.readUInt32BE(at + 5) }, next: at + 9 }
    case 0xd9: return readText(b, at + 1, b.readUInt8(at))
    case 0xda: return readText(b, at + 2, b.readUInt16BE(at))
    case 0xdb: return readText(b, at + 4, b.readUInt32BE(at))
    case 0xdc: return readList(b, at + 2, b.readUInt16BE(at))
    case 0xdd: return readList(b, at + 4, b.readUInt32BE(at))
    case 0xde: return readMap(b, at + 2, b.readUInt16BE(at))
    case 0xdf: return readMap(b, at + 4, b.readUInt32BE(at))
    default: throw new Error(`type ${type.toString(16)} at ${at - 1}`)
  }
}

/** All values one behind the other. */
export function readAllMsgpack(b: Buffer): unknown[] {
  const values: unknown[] = []
  for (let at = 0; at < b.length;) {
    const { value, next } = readMsgpack(b, at)
    values.push(value)
    at = next
  }
  return values
}

function readText(b: Buffer, at: number, size: number): Read {
  return { value: b.toString('utf8', at, at + size), next: at + size }
}

function readList(b: Buffer, at: number, size: number): Read {
  const value: unknown[] = []
  for (let i = 0; i < size; i++) {
    const item = readMsgpack(b, at)
    value.push(item.value)
    at = item.next
  }
  return { value, next: at }
}

function readMap(b: Buffer, at: number, size: number): Read {
  const entries: [string, unknown][] = []
  for (let i = 0; i < size; i++) {
    const key = readMsgpack(b, at)
    const item = readMsgpack(b, key.next)
    entries.push([String(key.value), item.value])
    at = item.next
  }
  return { value: Object.fromEntries(entries), next: at }
}
