/** A dead letter as a line of text (see dead-letters.ts). */
import type { Batch } from '../event/batch.ts'

const RECORD = ',"record":'

export interface LetterStream {
  readonly uid: string
  readonly generation: number
  readonly start: number
  readonly end: number
  readonly ordinal: number
  readonly path?: string
}

export interface DeadLetter {
  readonly time: string
  readonly tag: string
  readonly output: string
  readonly reason: string
  readonly attempts: number
  readonly stream: LetterStream
  readonly metadata?: object
  /** The record's text, a JSON object. */
  readonly record: string
}

/** A line of a dead letter file, or undefined when it is none. */
export function readLetter(line: string): DeadLetter | undefined {
  if (!line.endsWith('}')) return undefined
  // Metadata may hold a member of the same name, at a depth where the text before it is no object.
  for (let at = line.indexOf(RECORD); at >= 0; at = line.indexOf(RECORD, at + 1)) {
    try {
      const head = JSON.parse(`${line.slice(0, at)}}`) as Omit<DeadLetter, 'record'>
      const record = line.slice(at + RECORD.length, -1)
      JSON.parse(record)
      return { ...head, record }
    } catch {
      continue
    }
  }
  return undefined
}

/** Source and place of a record. */
export function streamOf(batch: Batch, index: number): LetterStream {
  const { uid, generation } = batch.stream(index)
  return { uid, generation, start: batch.start(index), end: batch.end(index), ordinal: batch.ordinal(index) }
}

/** The line of a record, with its line end. */
export function letterLine(batch: Batch, index: number, about: { output: string; reason: string; attempts: number; stream: LetterStream }): Buffer {
  const { output, reason, attempts, stream } = about
  const head = JSON.stringify({ time: timeText(batch.seconds(index), batch.nanos(index)), tag: batch.tag(index), output, reason, attempts, stream })
  const metadata = batch.metadata(index)
  const text = `${head.slice(0, -1)}${metadata === '' ? '' : `,"metadata":${metadata}`}${RECORD}${batch.bodyText(index)}}`
  // A line end between the members of a record is white space; inside a string there is none.
  return Buffer.from(`${text.replaceAll('\n', ' ').replaceAll('\r', ' ')}\n`)
}

/** Text that tells records apart. */
export function identityOf({ uid, generation, start, end, ordinal }: LetterStream): string {
  return `${uid}.${generation}.${start}.${end}.${ordinal}`
}

function timeText(seconds: number, nanos: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}Z`
}
