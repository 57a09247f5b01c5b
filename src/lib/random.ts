/** Random names. `node:crypto` costs a start 12 ms and 3 MB, so the system is asked directly where it can be. */
import { closeSync, openSync, readSync } from 'node:fs'

/** `bytes` random bytes from the system's generator. */
export function randomBytes(bytes: number): Buffer {
  const found = Buffer.allocUnsafe(bytes)
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
