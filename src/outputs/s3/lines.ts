/** The records of a batch as lines, those of each tag together. */
import type { Accessor } from '../../event/accessor.ts'
import type { Batch } from '../../event/batch.ts'
import type { Pool } from '../../event/pool.ts'
import { Record } from '../../event/record.ts'
import type { ByteWriter } from '../../lib/byte-writer.ts'
import { optionAccessor } from '../shared/accessors.ts'
import { DatedJson, type JsonDateOptions } from '../shared/dated-json.ts'
import type { Piece } from '../shared/staging.ts'
import { Identities } from '../shared/staging/journal.ts'

const NEWLINE = 0x0a

export interface Lines {
  /** The bytes are part of the writer's. */
  readonly pieces: readonly Piece[]
  readonly identities: Identities
  /** Indices of records that have no line. */
  readonly without: readonly number[]
}

export class LineWriter {
  readonly #json: DatedJson
  readonly #key: Accessor | undefined
  readonly #record: Record

  /** Throws PluginError when `log_key` is no accessor. */
  constructor(options: JsonDateOptions & { readonly log_key: string | undefined }, pool: Pool) {
    this.#json = new DatedJson(options, pool)
    this.#key = optionAccessor(options.log_key, pool, 'log_key')
    this.#record = new Record(pool)
  }

  /** Writes the lines of all records but those that are passed over. */
  write(batch: Batch, passed: (index: number) => boolean, to: ByteWriter): Lines {
    const identities = new Identities()
    const without: number[] = []
    const spans: { group: string; start: number; end: number; records: number; second: number }[] = []
    to.reserve(batch.bytes)
    for (const [group, indices] of byTag(batch, passed)) {
      const span = { group, start: to.length, end: 0, records: 0, second: 0 }
      for (const index of indices) {
        if (!this.#line(batch, index, to)) {
          without.push(index)
          continue
        }
        to.byte(NEWLINE)
        if (span.records++ === 0) span.second = batch.seconds(index)
        identities.add(batch.stream(index), batch.start(index), batch.end(index), batch.ordinal(index))
      }
      span.end = to.length
      if (span.records > 0) spans.push(span)
    }
    const bytes = to.view()
    const pieces = spans.map(({ group, start, end, records, second }) => ({ group, bytes: bytes.subarray(start, end), records, second }))
    return { pieces, identities, without }
  }

  #line(batch: Batch, index: number, to: ByteWriter): boolean {
    const key = this.#key
    if (key === undefined) {
      this.#json.write(batch, index, to)
      return true
    }
    batch.open(index, this.#record)
    if (!key.locate(this.#record)) return false
    to.text(key.text())
    return true
  }
}

function byTag(batch: Batch, passed: (index: number) => boolean): Map<string, number[]> {
  const groups = new Map<string, number[]>()
  let lastTag: string | undefined
  let last: number[] = []
  for (let i = 0; i < batch.count; i++) {
    if (passed(i)) continue
    const tag = batch.tag(i)
    if (tag !== lastTag) {
      last = groups.get(tag) ?? []
      groups.set(tag, last)
      lastTag = tag
    }
    last.push(i)
  }
  return groups
}
