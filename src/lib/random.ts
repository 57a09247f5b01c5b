/** Random names. `node:crypto` costs a start 12 ms and 3 MB, so the system is asked directly where it can be. */
import { closeSync, openSync, readSync } from 'node:fs'

/** Bytes that are asked for at once: a thousand files want their names at a start. */
const AHEAD = 512
let ahead: Buffer = Buffer.alloc(0)

/** `bytes` random bytes from the system's generator, given to nobody else. */
export function randomBytes(bytes: number): Buffer {
  if (ahead.length < bytes) ahead = fromSystem(Math.max(AHEAD, bytes))
  const found = ahead.subarray(0, bytes)
  ahead = ahead.subarray(bytes)
  return found
}

function fromSystem(bytes: number): Buffer {
  const found = Buffer.allocUnsafeSlow(bytes)
  let file: number
  try {
    file = openSync('/dev/urandom', 'r')
  } catch {
    return Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(bytes)))
  }
  try {
    for (let had = 0; had < bytes;) had += readSync(file, found, had, bytes - had, null)
  } finally {
    closeSync(file)
  }
  return found
}
