/** Reads Snappy's block format, to check what is written. Throws where it is not sound. */
export function readSnappy(bytes: Buffer): Buffer {
  let at = 0
  let length = 0
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!
    length += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  const out = Buffer.alloc(length)
  let end = 0
  while (at < bytes.length) {
    const tag = bytes[at++]!
    if ((tag & 3) === 0) {
      let size = (tag >>> 2) + 1
      if (size > 60) {
        const extra = size - 60
        size = bytes.readUIntLE(at, extra) + 1
        at += extra
      }
      bytes.copy(out, end, at, at + size)
      at += size
      end += size
      continue
    }
    let size = (tag >>> 2) + 1
    let offset: number
    if ((tag & 3) === 1) {
      size = ((tag >>> 2) & 7) + 4
      offset = ((tag >>> 5) << 8) | bytes[at++]!
    } else {
      const width = (tag & 3) === 2 ? 2 : 4
      offset = bytes.readUIntLE(at, width)
      at += width
    }
    if (offset === 0 || offset > end) throw new Error(`a copy from ${offset} bytes back, at ${end}`)
    for (; size > 0; size--, end++) out[end] = out[end - offset]!
  }
  if (end !== length) throw new Error(`${end} bytes instead of ${length}`)
  return out
}
