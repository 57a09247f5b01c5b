/**
 * Whether any record of a frame may have a key, asked once per frame. The answer may be yes in vain: bytes are compared,
 * whatever they belong to.
 */
const AT = 0x40
/** How many `@` are looked at one by one; a frame with more of them is searched as a whole. */
const PATIENCE = 2000

/** The function for one key. */
export function keySearch(key: string): (bytes: Buffer) => boolean {
  const spelled = JSON.stringify(key)
  const needle = Buffer.from(spelled)
  // the usual key begins with a byte that text seldom has: the search for a single byte is twenty times as fast
  if (!key.startsWith('@')) return (bytes) => bytes.includes(needle)
  return (bytes) => {
    let at = 0
    for (let looks = 0; looks < PATIENCE; looks++) {
      at = bytes.indexOf(AT, at)
      if (at < 0) return false
      if (at > 0 && matches(bytes, at - 1, needle)) return true
      at++
    }
    return bytes.includes(needle, at - 1)
  }
}

function matches(bytes: Buffer, at: number, needle: Buffer): boolean {
  if (at + needle.length > bytes.length) return false
  for (let i = 0; i < needle.length; i++) if (bytes[at + i] !== needle[i]) return false
  return true
}
