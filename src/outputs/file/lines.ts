/** The formats of the output file: how one record becomes bytes. */
import type { Batch } from '../../event/batch.ts'
import type { Pool } from '../../event/pool.ts'
import { Record } from '../../event/record.ts'
import { writeDigits } from '../../lib/digits.ts'
import type { ByteWriter } from '../../lib/byte-writer.ts'
import { writeBody } from '../shared/dated-json.ts'
import { writeMsgpackRecord } from '../shared/msgpack.ts'
import { printed } from '../shared/printed.ts'

export const FILE_FORMATS = ['out_file', 'plain', 'csv', 'ltsv', 'template', 'msgpack'] as const

export interface LineOptions {
  readonly format: (typeof FILE_FORMATS)[number]
  readonly delimiter: string | undefined
  readonly label_delimiter: string | undefined
  readonly template: string
  readonly csv_column_names: boolean
}

export interface LineFormat {
  /** Appends a record. */
  write(batch: Batch, index: number, to: ByteWriter): void
  /** Appends what stands at the top of a new file, known from the first record that goes into it. */
  header?(batch: Batch, index: number, to: ByteWriter): void
}

const NEWLINE = 0x0a

export function lineFormat(options: LineOptions, pool: Pool): LineFormat {
  switch (options.format) {
    case 'out_file': return { write: writeOutFile }
    case 'plain': return { write: writePlain }
    case 'msgpack': return { write: writeMsgpackRecord }
    case 'csv': return csv(options, pool)
    case 'ltsv': return ltsv(options, pool)
    case 'template': return template(options.template, pool)
  }
}

/** `tag: [seconds.nanoseconds, {…}]` */
function writeOutFile(batch: Batch, index: number, to: ByteWriter): void {
  to.text(batch.tag(index))
  to.text(': [')
  writeTime(batch, index, 9, to)
  to.text(', ')
  writeBody(batch, index, to)
  to.text(']\n')
}

function writePlain(batch: Batch, index: number, to: ByteWriter): void {
  writeBody(batch, index, to)
  to.byte(NEWLINE)
}

/** Seconds, a dot and as many digits of their fraction. */
function writeTime(batch: Batch, index: number, digits: 6 | 9, to: ByteWriter): void {
  to.reserve(40)
  const at = writeDigits(batch.seconds(index), 1, to.bytes, to.length)
  to.bytes[at] = 0x2e
  const nanos = batch.nanos(index)
  to.length = writeDigits(digits === 9 ? nanos : Math.floor(nanos / 1000), digits, to.bytes, at + 1)
}

function csv({ delimiter, csv_column_names }: LineOptions, pool: Pool): LineFormat {
  const between = readDelimiter(delimiter, ',')
  const record = new Record(pool)
  const row = (start: string, cells: (index: number) => string, to: ByteWriter): void => {
    let text = start
    for (let i = 0; i < record.count; i++) text += between + cells(i)
    to.text(text + '\n')
  }
  return {
    write(batch, index, to) {
      batch.open(index, record)
      writeTime(batch, index, 9, to)
      row('', (i) => printedValue(record, i), to)
    },
    ...(csv_column_names
      ? {
          header(batch, index, to) {
            batch.open(index, record)
            row('timestamp', (i) => `"${record.keyText(i)}"`, to)
          }
        }
      : {})
  }
}

function ltsv({ delimiter, label_delimiter }: LineOptions, pool: Pool): LineFormat {
  const between = readDelimiter(delimiter, '\t')
  const label = readDelimiter(label_delimiter, ':')
  const record = new Record(pool)
  return {
    write(batch, index, to) {
      batch.open(index, record)
      to.text(`"time"${label}`)
      writeTime(batch, index, 6, to)
      let text = ''
      for (let i = 0; i < record.count; i++) text += `${between}"${record.keyText(i)}"${label}${printedValue(record, i)}`
      to.text(text + '\n')
    }
  }
}

/** Text with `{key}`s; `{time}` is the record's time. A key that the record lacks leaves nothing. */
function template(source: string, pool: Pool): LineFormat {
  const record = new Record(pool)
  // texts and keys in turn
  const parts = source.split(/\{([^{}]+)\}/)
  const keys = parts.map((part, i) => (i % 2 === 1 && part !== 'time' ? pool.key(part) : undefined))
  return {
    write(batch, index, to) {
      batch.open(index, record)
      for (let i = 0; i < parts.length; i++) {
        const key = keys[i]
        if (i % 2 === 0) to.text(parts[i]!)
        else if (key === undefined) writeTime(batch, index, 6, to)
        else {
          const at = record.find(key)
          if (at >= 0) to.text(record.isString(at) ? record.text(at) : printedValue(record, at))
        }
      }
      to.byte(NEWLINE)
    }
  }
}

function printedValue(record: Record, index: number): string {
  return record.isString(index) ? `"${record.text(index)}"` : printed(record.text(index))
}

function readDelimiter(given: string | undefined, usual: string): string {
  if (given === undefined || given === '') return usual
  const names: { readonly [name: string]: string } = { tab: '\t', '\\t': '\t', space: ' ', '\\s': ' ', comma: ',' }
  return names[given.toLowerCase()] ?? given
}
