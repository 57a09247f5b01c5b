import { ownBytes } from '../lib/own-bytes.ts'

/**
 * A JSON value rendered once and shared by many records, such as the metadata of one container. A frame stores it once
 * however many of its records refer to it.
 */
export class Constant {
  readonly bytes: Buffer
  /** Which frame gave it the slot below; the encoder's own bookkeeping. */
  frame = -1
  slot = 0
  #value: unknown

  constructor(json: string) {
    this.bytes = ownBytes(json)
  }

  /** The value as an object, parsed at first use. */
  value(): unknown {
    return (this.#value ??= JSON.parse(this.bytes.toString()))
  }
}
