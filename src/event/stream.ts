/**
 * A stream is one source that has positions: a file (by identity, not by name), a journal, a connection. Positions are
 * byte offsets, or whatever number rises with every record of the source.
 */

/** What a stream is told by after a restart; the input that made it reads it back. */
export interface StreamIdentity {
  /** Instance name of the input (`tail.0` or its alias). */
  readonly input: string
  /** The path, unit or address, for people and for matching. */
  readonly path: string
  /**
   * Whatever else the input needs to know the source again (device, inode, fingerprint …), as JSON values. `first`: the path
   * that the source had before it was found under this one.
   */
  readonly marks: { readonly [name: string]: string | number }
}

/** The path that what follows it, and what went before it, share: their records keep their order. */
export function sourcePath({ path, marks }: StreamIdentity): string {
  return String(marks['first'] ?? path)
}

/** A range `[from, to)` of a stream. */
export interface StreamRange {
  readonly stream: Stream
  readonly from: number
  readonly to: number
}

export class Stream {
  /** Random, 11 characters of base64url (64 bits); drawn when the source is first opened and kept for its life. */
  readonly uid: string
  /** Rises when the source is truncated, so that the same offsets are told apart. */
  readonly generation: number
  identity: StreamIdentity
  /** Nothing more will come; its positions may be forgotten once everything is delivered. */
  closed = false
  /** Where it ended, when it is closed: what waits below to be joined is still to be dealt with. 0: nothing is. */
  end = 0

  // Bookkeeping of the frame that is being built: which frame knows this stream, under which number, and the range that grows.
  frame = -1
  slot = 0
  from = 0
  to = 0
  /** Whether a frame of this log has carried the identity in its present form. */
  declared = false

  constructor(uid: string, generation: number, identity: StreamIdentity) {
    this.uid = uid
    this.generation = generation
    this.identity = identity
  }
}

/** A stream as recovery found it: what of it lies in the buffer or is delivered. */
export interface RecoveredStream {
  readonly uid: string
  readonly generation: number
  readonly identity: StreamIdentity
  readonly closed: boolean
  /** Covered ranges, ascending, not touching: what lies between them must be read again. */
  readonly covered: readonly (readonly [from: number, to: number])[]
}
