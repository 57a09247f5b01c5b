/** A buffer that grows as it is written and is reset, not made anew. */
export class ByteWriter {
  bytes: Buffer
  length = 0

  constructor(size = 65_536) {
    this.bytes = Buffer.allocUnsafeSlow(size)
  }

  reset(): void {
    this.length = 0
  }

  /** Makes room for `size` more bytes behind `length`. */
  reserve(size: number): void {
    const need = this.length + size
    if (need <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.ceil(Math.max(need, this.bytes.length * 1.5) / 4096) * 4096)
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
  }

  byte(value: number): void {
    this.reserve(1)
    this.bytes[this.length++] = value
  }

  /** Appends text as UTF-8. */
  text(text: string): void {
    this.reserve(text.length * 3)
    this.length += this.bytes.write(text, this.length)
  }

  copy(from: Buffer, start = 0, end = from.length): void {
    this.reserve(end - start)
    this.length += from.copy(this.bytes, this.length, start, end)
  }

  /** What has been written; a view, valid until the next write. */
  view(): Buffer {
    return this.bytes.subarray(0, this.length)
  }
}
