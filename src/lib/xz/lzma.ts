/** The LZMA decoder that the chunks of LZMA2 need (LZMA specification, 7-Zip), on one growing output. */

const STATES = 12
const HALF = 1024
/** Bits of a match length's low, middle and high part. */
const LOW = 3
const HIGH = 8

class Lengths {
  readonly choice = probabilities(2)
  readonly low = probabilities(16 << LOW)
  readonly middle = probabilities(16 << LOW)
  readonly high = probabilities(1 << HIGH)
}

export class Lzma {
  readonly #largest: number
  #out = Buffer.allocUnsafe(4096)
  #length = 0
  /** Matches reach back no further than here. */
  #dictionary = 0

  #literalContext = 0
  #literalMask = 0
  #positionMask = 0
  #literals = probabilities(0)
  #isMatch = probabilities(0)
  #isRep = probabilities(0)
  #isRep0 = probabilities(0)
  #isRep1 = probabilities(0)
  #isRep2 = probabilities(0)
  #isRep0Long = probabilities(0)
  #slots = probabilities(0)
  #special = probabilities(0)
  #align = probabilities(0)
  #matchLengths = new Lengths()
  #repLengths = new Lengths()
  #state = 0
  #reps = [0, 0, 0, 0]

  #in: Buffer = Buffer.alloc(0)
  #at = 0
  #range = 0
  #code = 0

  constructor(largest: number) {
    this.#largest = largest
  }

  output(): Buffer {
    return this.#out.subarray(0, this.#length)
  }

  forgetDictionary(): void {
    this.#dictionary = this.#length
  }

  setProperties(byte: number): void {
    const contexts = byte % 9
    const rest = Math.floor(byte / 9)
    if (byte >= 225 || contexts + (rest % 5) > 4) throw new RangeError('wrong properties')
    this.#literalContext = contexts
    this.#literalMask = (1 << (rest % 5)) - 1
    this.#positionMask = (1 << Math.floor(rest / 5)) - 1
    this.#literals = probabilities(0x300 << (contexts + (rest % 5)))
  }

  resetState(): void {
    this.#literals.fill(HALF)
    this.#isMatch = probabilities(STATES << 4)
    this.#isRep = probabilities(STATES)
    this.#isRep0 = probabilities(STATES)
    this.#isRep1 = probabilities(STATES)
    this.#isRep2 = probabilities(STATES)
    this.#isRep0Long = probabilities(STATES << 4)
    this.#slots = probabilities(4 << 6)
    this.#special = probabilities(128)
    this.#align = probabilities(16)
    this.#matchLengths = new Lengths()
    this.#repLengths = new Lengths()
    this.#state = 0
    this.#reps = [0, 0, 0, 0]
  }

  /** Takes bytes over as they are. */
  copy(bytes: Buffer): void {
    this.#reserve(bytes.length)
    bytes.copy(this.#out, this.#length)
    this.#length += bytes.length
  }

  #reserve(size: number): void {
    const needed = this.#length + size
    if (needed > this.#largest) throw new RangeError('too large')
    if (needed <= this.#out.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#out.length * 2))
    this.#out.copy(larger, 0, 0, this.#length)
    this.#out = larger
  }

  /** Unpacks a chunk that is `size` bytes when unpacked. */
  decode(chunk: Buffer, size: number): void {
    if (this.#isMatch.length === 0 || this.#literals.length === 0 || chunk.length < 5) throw new RangeError('a chunk without a beginning')
    this.#reserve(size)
    this.#in = chunk
    this.#at = 5
    this.#range = 0xffffffff
    this.#code = chunk.readUInt32BE(1)
    const end = this.#length + size
    while (this.#length < end) this.#next(end)
    // an encoder leaves nothing: neither bytes nor a rest of the code
    if (this.#at !== chunk.length || this.#code !== 0) throw new RangeError('the chunk is damaged')
  }

  #next(end: number): void {
    const place = (this.#length - this.#dictionary) & this.#positionMask
    const state = this.#state
    if (this.#bit(this.#isMatch, (state << 4) + place) === 0) {
      this.#literal()
      return
    }
    let length: number
    if (this.#bit(this.#isRep, state) === 0) {
      const [a, b, c] = this.#reps
      length = this.#matchLength(this.#matchLengths, place)
      this.#reps = [this.#distance(length), a!, b!, c!]
      this.#state = state < 7 ? 7 : 10
    } else {
      const other = this.#bit(this.#isRep0, state) === 1
      if (!other && this.#bit(this.#isRep0Long, (state << 4) + place) === 0) {
        this.#state = state < 7 ? 9 : 11
        this.#repeat(1, end)
        return
      }
      if (other) this.#chooseRep(state)
      length = this.#matchLength(this.#repLengths, place)
      this.#state = state < 7 ? 8 : 11
    }
    this.#repeat(length, end)
  }

  /** Which of the three distances before the last one it is. */
  #chooseRep(state: number): void {
    const [a, b, c, d] = this.#reps as [number, number, number, number]
    if (this.#bit(this.#isRep1, state) === 0) this.#reps = [b, a, c, d]
    else if (this.#bit(this.#isRep2, state) === 0) this.#reps = [c, a, b, d]
    else this.#reps = [d, a, b, c]
  }

  #repeat(length: number, end: number): void {
    const distance = this.#reps[0]! + 1
    if (distance > this.#length - this.#dictionary || this.#length + length > end) throw new RangeError('a match beyond the end')
    const out = this.#out
    let to = this.#length
    for (let i = 0; i < length; i++, to++) out[to] = out[to - distance]!
    this.#length = to
  }

  #literal(): void {
    const out = this.#out
    const before = this.#length > this.#dictionary ? out[this.#length - 1]! : 0
    const context = (((this.#length - this.#dictionary) & this.#literalMask) << this.#literalContext) + (before >> (8 - this.#literalContext))
    const base = 0x300 * context
    let symbol = 1
    if (this.#state >= 7) {
      const distance = this.#reps[0]! + 1
      if (distance > this.#length - this.#dictionary) throw new RangeError('a match beyond the end')
      let match = out[this.#length - distance]!
      do {
        const bit = (match >> 7) & 1
        match <<= 1
        const found = this.#bit(this.#literals, base + ((1 + bit) << 8) + symbol)
        symbol = (symbol << 1) | found
        if (found !== bit) break
      } while (symbol < 0x100)
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(this.#literals, base + symbol)
    out[this.#length++] = symbol & 0xff
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6
  }

  #matchLength(lengths: Lengths, place: number): number {
    if (this.#bit(lengths.choice, 0) === 0) return 2 + this.#tree(lengths.low, place << LOW, LOW)
    if (this.#bit(lengths.choice, 1) === 0) return 10 + this.#tree(lengths.middle, place << LOW, LOW)
    return 18 + this.#tree(lengths.high, 0, HIGH)
  }

  #distance(length: number): number {
    const slot = this.#tree(this.#slots, Math.min(length - 2, 3) << 6, 6)
    if (slot < 4) return slot
    const bits = (slot >> 1) - 1
    const base = ((2 | (slot & 1)) << bits) >>> 0
    if (slot < 14) return base + this.#reverse(this.#special, base - slot, bits)
    let direct = 0
    for (let i = bits - 4; i > 0; i--) {
      this.#range >>>= 1
      const one = this.#code >= this.#range
      if (one) this.#code = (this.#code - this.#range) >>> 0
      direct = direct * 2 + (one ? 1 : 0)
      this.#normalize()
    }
    return base + direct * 16 + this.#reverse(this.#align, 0, 4)
  }

  #tree(table: Uint16Array, base: number, bits: number): number {
    let symbol = 1
    for (let i = 0; i < bits; i++) symbol = (symbol << 1) | this.#bit(table, base + symbol)
    return symbol - (1 << bits)
  }

  #reverse(table: Uint16Array, base: number, bits: number): number {
    let symbol = 1
    let value = 0
    for (let i = 0; i < bits; i++) {
      const bit = this.#bit(table, base + symbol)
      symbol = (symbol << 1) | bit
      value |= bit << i
    }
    return value
  }

  #bit(table: Uint16Array, index: number): 0 | 1 {
    const probability = table[index]!
    const bound = (this.#range >>> 11) * probability
    let bit: 0 | 1
    if (this.#code < bound) {
      this.#range = bound
      table[index] = probability + ((2048 - probability) >> 5)
      bit = 0
    } else {
      this.#range = (this.#range - bound) >>> 0
      this.#code = (this.#code - bound) >>> 0
      table[index] = probability - (probability >> 5)
      bit = 1
    }
    this.#normalize()
    return bit
  }

  #normalize(): void {
    if (this.#range >= 0x1000000) return
    this.#range = (this.#range << 8) >>> 0
    this.#code = ((this.#code << 8) | (this.#in[this.#at++] ?? 0)) >>> 0
  }
}

function probabilities(count: number): Uint16Array {
  return new Uint16Array(count).fill(HALF)
}
