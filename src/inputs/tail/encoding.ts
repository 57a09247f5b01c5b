/** Encodings other than UTF-8: where their lines end, and their text. */

/** Finds lines in encoded bytes and decodes them. */
export interface Decoder {
  /** Index behind the newline that ends the line at `start`, or -1 when there is none before `end`. Looks from `at`. */
  lineEnd(block: Buffer, start: number, at: number, end: number): number
  /** The text of a run of whole lines; a byte order mark at the beginning of a file is left out. */
  decode(block: Buffer, start: number, end: number, atHead: boolean): string
  /** An index at most `end` where the line that begins at `start` may be cut. */
  cut(block: Buffer, start: number, end: number): number
}

/** One byte or several, ASCII below 0x40: a newline byte is never part of another character. */
class Legacy implements Decoder {
  readonly #text: TextDecoder

  constructor(label: string) {
    this.#text = new TextDecoder(label, { ignoreBOM: true })
  }

  lineEnd(block: Buffer, _start: number, at: number, end: number): number {
    const newline = block.indexOf(10, at)
    return newline < 0 || newline >= end ? -1 : newline + 1
  }

  decode(block: Buffer, start: number, end: number, atHead: boolean): string {
    const text = this.#text.decode(block.subarray(start, end))
    return atHead && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }

  cut(_block: Buffer, _start: number, end: number): number {
    return end
  }
}

class Utf16 implements Decoder {
  readonly #text: TextDecoder
  /** Offset of the low byte in a unit. */
  readonly #low: 0 | 1

  constructor(label: 'utf-16le' | 'utf-16be') {
    this.#text = new TextDecoder(label, { ignoreBOM: true })
    this.#low = label === 'utf-16le' ? 0 : 1
  }

  lineEnd(block: Buffer, start: number, at: number, end: number): number {
    const low = this.#low
    let unit = at - ((at - start) & 1)
    for (; unit + 1 < end; unit += 2) {
      if (block[unit + low] === 10 && block[unit + 1 - low] === 0) return unit + 2
    }
    return -1
  }

  decode(block: Buffer, start: number, end: number, atHead: boolean): string {
    const text = this.#text.decode(block.subarray(start, end))
    return atHead && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }

  cut(block: Buffer, start: number, end: number): number {
    const whole = end - ((end - start) & 1)
    // not between the two halves of a pair
    const high = block[whole - 1 - this.#low]!
    return high >= 0xd8 && high <= 0xdb && whole - start > 2 ? whole - 2 : whole
  }
}

const LABELS: { readonly [name: string]: string } = {
  shiftjis: 'shift_jis', sjis: 'shift_jis', cp932: 'shift_jis', 'windows-31j': 'shift_jis',
  uhc: 'euc-kr', cp949: 'euc-kr', 'windows-949': 'euc-kr', gbk: 'gbk', cp936: 'gbk', gb18030: 'gb18030',
  big5: 'big5', cp950: 'big5', win866: 'ibm866', cp866: 'ibm866', win874: 'windows-874', cp874: 'windows-874'
}

/** The decoder of `generic.encoding`. */
export function legacyDecoder(name: string): Decoder {
  const plain = name.toLowerCase()
  return new Legacy(LABELS[plain] ?? plain.replace(/^(win|cp)/, 'windows-'))
}

/**
 * The decoder of `unicode.encoding` for a file that begins with `head`; null for UTF-8, which needs none but for its
 * byte order mark.
 */
export function unicodeDecoder(name: string, head: Buffer): Decoder | null {
  const chosen = name.toLowerCase()
  if (chosen !== 'auto') return new Utf16(chosen === 'utf-16be' ? 'utf-16be' : 'utf-16le')
  if (head[0] === 0xff && head[1] === 0xfe) return new Utf16('utf-16le')
  if (head[0] === 0xfe && head[1] === 0xff) return new Utf16('utf-16be')
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return new Legacy('utf-8')
  let even = 0
  let odd = 0
  const pairs = Math.min(head.length, 128) >> 1
  for (let i = 0; i < pairs; i++) {
    if (head[i * 2] === 0) even++
    if (head[i * 2 + 1] === 0) odd++
  }
  if (odd > pairs / 2 && even < pairs / 4) return new Utf16('utf-16le')
  if (even > pairs / 2 && odd < pairs / 4) return new Utf16('utf-16be')
  return null
}
