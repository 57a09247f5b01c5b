/**
 * The bytes of a text in memory of their own. `Buffer.from` cuts short ones out of blocks of 64 KB, and one that lives long
 * keeps its whole block.
 */
export function ownBytes(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}
