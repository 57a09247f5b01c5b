/** One message as /dev/kmsg gives it; what cannot be printed, and all beyond ASCII, stays written as `\xNN`. */

export interface Message {
  /** 0 to 7, without the facility. */
  readonly priority: number
  readonly sequence: number
  /** Since the machine was started. */
  readonly micros: number
  /** Where the text lies. */
  readonly start: number
  readonly end: number
}

const NEWLINE = 10
const SEMICOLON = 0x3b

/** Undefined when the bytes are no message. */
export function parseMessage(bytes: Buffer, length: number): Message | undefined {
  const semicolon = bytes.indexOf(SEMICOLON)
  if (semicolon < 0 || semicolon >= length) return undefined
  // more members may follow the flags
  const head = /^(\d+),(\d+),(\d+)[,;]/.exec(bytes.toString('latin1', 0, semicolon + 1))
  if (head === null) return undefined
  const newline = bytes.indexOf(NEWLINE, semicolon)
  return {
    priority: Number(head[1]) & 7,
    sequence: Number(head[2]),
    micros: Number(head[3]),
    start: semicolon + 1,
    // lines of the dictionary follow the first
    end: newline < 0 || newline > length ? length : newline
  }
}
