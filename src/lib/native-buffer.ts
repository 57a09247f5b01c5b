/** Buffers that Node's native code makes: those of a parsed HTTP body, for one. */
import fs from 'node:fs'

/**
 * Has Node's native code make a buffer. It makes a Uint8Array and gives that another prototype, which changes what V8
 * knows of every Uint8Array: at the first time all optimised code that touches one is thrown away. That is to happen at
 * the start, not at the first answer of a destination, when all of the hot path has just been optimised.
 */
export function makeNativeBuffer(): Buffer {
  return fs.realpathSync.native('/', 'buffer')
}
