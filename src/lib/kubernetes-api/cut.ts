/** Cuts the bodies of answers into objects as they come, so that none is ever held whole. */
import { ApiFailure } from './failure.ts'

const NEWLINE = 0x0a
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d

/** No object of the API is larger (etcd takes 1.5 MiB); what is, is no object. */
const MOST_BYTES = 8 * 1024 * 1024

/** The lines of a watch, each one event. A last line without its end is not given: it was torn off. */
export async function * eachLine(body: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  let rest: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const line = chunk.subarray(start, end)
      yield rest.length === 0 ? line.toString() : Buffer.concat([...rest, line]).toString()
      rest = []
      size = 0
      start = end + 1
    }
    if (start < chunk.length) {
      rest.push(start === 0 ? chunk : chunk.subarray(start))
      size += chunk.length - start
      if (size > MOST_BYTES) throw new ApiFailure('An event of the watch is too large.')
    }
  }
}

/**
 * The items of a list (`{"kind":…,"metadata":…,"items":[…]}`), each as text; returns the rest of the list, its items
 * empty. Rejects with an ApiFailure when the list does not end.
 */
export async function * eachItem(body: AsyncIterable<Buffer>): AsyncGenerator<string, string> {
  let around = ''
  let parts: Buffer[] = []
  let size = 0
  let depth = 0
  let inString = false
  let escaped = false
  let inItems = false
  for await (const chunk of body) {
    /** Where the present piece, an item or what is around them, begins. */
    let start = 0
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]
      if (inString) {
        if (escaped) escaped = false
        else if (byte === BACKSLASH) escaped = true
        else if (byte === QUOTE) inString = false
      } else if (byte === QUOTE) inString = true
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        // the only array directly below the list is that of its items
        if (depth === 1 && byte === OPEN_ARRAY) {
          inItems = true
          around += chunk.toString('utf8', start, i + 1)
        } else if (inItems && depth === 2) start = i
        depth++
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        depth--
        if (inItems && depth === 2) {
          const item = chunk.subarray(start, i + 1)
          yield parts.length === 0 ? item.toString() : Buffer.concat([...parts, item]).toString()
          parts = []
          size = 0
        } else if (inItems && depth === 1) {
          inItems = false
          start = i
        }
      }
    }
    if (!inItems) around += chunk.toString('utf8', start)
    else if (depth > 2) {
      parts.push(chunk.subarray(start))
      size += chunk.length - start
      if (size > MOST_BYTES) throw new ApiFailure('An item of the list is too large.')
    }
  }
  if (depth !== 0 || around === '') throw new ApiFailure('The list was cut off.')
  return around
}
