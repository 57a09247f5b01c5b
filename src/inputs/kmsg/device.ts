/** /dev/kmsg, read without waiting. */
import { closeSync, constants, openSync, readSync } from 'node:fs'

export interface Device {
  readonly path: string
  /** Throws errors of the system. */
  open(): void
  /**
   * Reads one message; returns its length. Throws EAGAIN when there is none now, EPIPE when the next one was overwritten,
   * EINVAL when it is longer than the room given.
   */
  read(into: Buffer): number
  close(): void
}

export class KmsgDevice implements Device {
  readonly path: string
  #fd = -1

  constructor(path: string) {
    this.path = path
  }

  open(): void {
    this.#fd = openSync(this.path, constants.O_RDONLY | constants.O_NONBLOCK)
  }

  read(into: Buffer): number {
    return readSync(this.#fd, into, 0, into.length, null)
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd)
    this.#fd = -1
  }
}
