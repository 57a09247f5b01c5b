/** Keys of objects, made as `s3_key_format` says. */
import { compileDateFormat } from '../../lib/strftime.ts'
import { randomBytes } from '../../lib/random.ts'

/** Bytes of a key that S3 takes. */
const LONGEST = 1024
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

export interface KeyOptions {
  readonly s3_key_format: string
  readonly s3_key_format_tag_delimiters: string
  readonly static_file_path: boolean
}

/** Makes the key, without a slash in front, of the object whose first record has this tag and time. */
export type KeyMaker = (tag: string, second: number, index: number) => string

/**
 * `$TAG`, `$TAG[0]` … `$TAG[9]`, `$UUID` (eight letters and digits), `$INDEX` and conversions of strftime, UTC. Conversions
 * in a tag are text. Without `$UUID` and `$INDEX`, `-object` and eight letters and digits are added, unless the path is static.
 */
export function keyMaker({ s3_key_format, s3_key_format_tag_delimiters, static_file_path }: KeyOptions): KeyMaker {
  const parts = s3_key_format.split(/(\$TAG\[\d\]|\$TAG|\$UUID|\$INDEX)/)
  const unique = parts.includes('$UUID') || parts.includes('$INDEX') || static_file_path
  const dates = parts.map((part) => (part.startsWith('$') ? undefined : compileDateFormat(part)))
  return (tag, second, index) => {
    const tagParts = split(tag, s3_key_format_tag_delimiters)
    const key = parts.map((part, i) => {
      if (part === '$TAG') return tag
      if (part === '$UUID') return randomLetters()
      if (part === '$INDEX') return String(index)
      // a part that the tag does not have stays as it is written
      if (dates[i] === undefined) return tagParts[Number(part.at(-2))] ?? part
      return dates[i].format(second)
    }).join('').replace(/^\/+/, '')
    const suffix = unique ? '' : `-object${randomLetters()}`
    return cut(key, LONGEST - suffix.length) + suffix
  }
}

function split(tag: string, delimiters: string): string[] {
  const parts: string[] = []
  let part = ''
  for (const letter of tag) {
    if (!delimiters.includes(letter)) part += letter
    else if (part !== '') {
      parts.push(part)
      part = ''
    }
  }
  if (part !== '') parts.push(part)
  return parts
}

function randomLetters(): string {
  let text = ''
  for (const byte of randomBytes(8)) text += LETTERS[byte % LETTERS.length]!
  return text
}

/** As many whole characters as fit. */
function cut(text: string, bytes: number): string {
  const all = Buffer.from(text)
  if (all.length <= bytes) return text
  let end = bytes
  while ((all[end]! & 0xc0) === 0x80) end--
  return all.toString('utf8', 0, end)
}

/** A key as it stands in a URL. */
export function escapeKey(key: string): string {
  return key.split('/').map((part) => encodeURIComponent(part).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)).join('/')
}
