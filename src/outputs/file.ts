/** Appends records to files, one of its own for each tag or for whatever of the record the name is made of. */
import type { OptionsOf } from '../config/fields.ts'
import type { Batch } from '../event/batch.ts'
import { Record } from '../event/record.ts'
import { PluginError } from '../plugin/context.ts'
import { REFUSED, RETRY, defineOutput, delivered, type Output, type OutputContext, type Verdict } from '../plugin/output.ts'
import { AppendFile } from './file/append-file.ts'
import { FILE_FORMATS, lineFormat, type LineFormat } from './file/lines.ts'
import { moveAway, tidy } from './file/rotate.ts'
import { Target } from './file/target.ts'
import { WriterPool } from './shared/writer-pool.ts'

const MISSING = ['error', 'drop', 'fallback'] as const

const options = {
  path: { kind: 'string', doc: 'Folder; accessors may follow a fixed beginning.', example: '/var/log/out/$TAG[0]' },
  file: { kind: 'string', doc: 'Name of the file; the tag when not set.', example: 'app.log' },
  enable_strftime: { kind: 'boolean', default: false, doc: 'Fill in conversions of strftime by the record\'s time, UTC.', example: 'on' },
  max_dynamic_files: { kind: 'integer', default: 1024, min: 1, doc: 'Most different files made of records.', example: '100' },
  on_missing_field: {
    kind: 'choice', values: MISSING, default: 'error', example: 'fallback',
    doc: 'What becomes of a record that lacks a value its file\'s name is made of: `fallback` takes the fallback file; '
      + '`error` and `drop` make it a dead letter.',
    differs: 'Fluent Bit drops it, or the whole chunk with it'
  },
  on_limit_reached: {
    kind: 'choice', values: MISSING, default: 'error', example: 'fallback',
    doc: 'The same for a record whose file would be one more than max_dynamic_files.',
    differs: 'Fluent Bit drops it, or the whole chunk with it'
  },
  fallback_path: { kind: 'string', doc: 'Folder of the fallback file; `path` when not set and without accessors.', example: '/var/log/out' },
  fallback_file: { kind: 'string', doc: 'Name of the fallback file.', example: 'rest.log' },
  format: {
    kind: 'choice', values: FILE_FORMATS, default: 'out_file', example: 'plain',
    doc: 'out_file: `tag: [time, {…}]`; plain: the JSON object alone.'
  },
  delimiter: { kind: 'string', doc: 'Between fields of csv (a comma) and ltsv (a tab); also `tab`, `space`, `comma`.', example: 'tab' },
  label_delimiter: { kind: 'string', doc: 'Between label and value of ltsv; a colon when not set.', example: '=' },
  template: { kind: 'string', default: '{time} {message}', doc: 'Text of the format template, with `{key}`s.', example: '{time} {level} {message}' },
  csv_column_names: { kind: 'boolean', default: false, doc: 'Begin a new csv file with the names of its columns.', example: 'on' },
  mkdir: { kind: 'boolean', default: false, doc: 'Make folders that are missing.', example: 'on' },
  rotate: { kind: 'boolean', default: false, doc: 'Move a file away when it has reached rotate_max_size.', example: 'on' },
  rotate_max_size: { kind: 'size', default: 100_000_000, doc: 'Size at which a file is moved away.', example: '10M' },
  rotate_max_files: { kind: 'integer', default: 7, min: 0, doc: 'How many moved files are kept.', example: '3' },
  rotate_gzip: { kind: 'boolean', default: true, doc: 'Compress moved files.', example: 'off' }
} as const

type Options = OptionsOf<typeof options>

export const file = defineOutput({
  name: 'file',
  summary: 'Append records to files.',
  description:
    'A file that is moved or deleted is made anew. When the disk is full the records wait; what was written of a record '
    + 'is taken back first, so that nothing is doubled.',
  options,
  examples: [{ title: 'JSON lines, a file per tag', config: "name: file\nmatch: '*'\npath: /var/log/out\nformat: plain\nmkdir: on" }],
  limits: () => ({ maxBytes: 2 * 1024 * 1024, maxRecords: 100_000, concurrency: 1, ordered: true, gather: false }),
  create: (given, context) => new FileOutput(given, context)
})

/** Files that are open at once; the one unused for longest is closed. */
const OPEN_FILES = 64

class FileOutput implements Output {
  readonly #options: Options
  readonly #context: OutputContext
  readonly #target: Target
  readonly #fallback: string | undefined
  readonly #lines: LineFormat
  readonly #record: Record
  readonly #writers = new WriterPool(1)
  readonly #files = new Map<string, AppendFile>()
  readonly #dynamic = new Set<string>()
  #tidying: Promise<void> = Promise.resolve()
  /** When a file was last moved away, in milliseconds: no two of them have the same name. */
  #rotated = 0
  #ends = new Uint32Array(1024)

  constructor(given: Options, context: OutputContext) {
    this.#options = given
    this.#context = context
    this.#target = new Target(given, context.pool)
    this.#lines = lineFormat(given, context.pool)
    this.#record = new Record(context.pool)
    const { fallback_file, fallback_path, on_missing_field, on_limit_reached } = given
    if (fallback_file !== undefined) {
      const folder = fallback_path ?? (given.path?.includes('$') === true ? undefined : given.path) ?? '.'
      this.#fallback = `${folder}/${fallback_file}`
    } else if (on_missing_field === 'fallback' || on_limit_reached === 'fallback') {
      throw new PluginError('fallback needs the name of the fallback file', 'fallback_file')
    }
  }

  async write(batch: Batch): Promise<Verdict> {
    const reasons = new Map<number, string>()
    const outcomes = new Uint8Array(batch.count)
    let after: number | undefined
    for (const [path, indices] of this.#sort(batch, outcomes, reasons)) {
      const failed = await this.#writeFile(path, batch, indices, outcomes)
      if (failed === undefined) continue
      after = 1000
      const reason = `${path} cannot be written: ${failed.message}`
      for (const i of indices) if (outcomes[i] === RETRY) reasons.set(i, reason)
    }
    if (reasons.size === 0) return delivered
    return { kind: 'partial', outcomes, reasons, ...(after === undefined ? {} : { after }) }
  }

  /** The records of a batch by the file they go to, in order; those that have none are refused. */
  #sort(batch: Batch, outcomes: Uint8Array, reasons: Map<number, string>): Map<string, number[]> {
    const files = new Map<string, number[]>()
    let lastTag: string | undefined
    let last: number[] = []
    for (let i = 0; i < batch.count; i++) {
      const tag = batch.tag(i)
      if (this.#target.perTag && tag === lastTag) {
        last.push(i)
        continue
      }
      lastTag = tag
      const path = this.#pathOf(batch, i, tag)
      if (!path.usable) {
        outcomes[i] = REFUSED
        reasons.set(i, path.text)
        lastTag = undefined
        continue
      }
      const known = files.get(path.text)
      if (known === undefined) files.set(path.text, (last = [i]))
      else {
        last = known
        known.push(i)
      }
    }
    return files
  }

  #pathOf(batch: Batch, i: number, tag: string): { usable: boolean; text: string } {
    if (this.#target.needsRecord) batch.open(i, this.#record)
    const path = this.#target.pathOf(this.#record, tag, batch.seconds(i))
    const { on_missing_field, on_limit_reached, max_dynamic_files } = this.#options
    if (path === undefined) {
      if (on_missing_field === 'fallback') return { usable: true, text: this.#fallback! }
      return { usable: false, text: 'the record lacks a value that its file\'s name is made of' }
    }
    if (!this.#target.needsRecord || this.#dynamic.has(path)) return { usable: true, text: path }
    if (this.#dynamic.size >= max_dynamic_files) {
      if (on_limit_reached === 'fallback') return { usable: true, text: this.#fallback! }
      return { usable: false, text: `${path} would be more than the ${max_dynamic_files} files of max_dynamic_files` }
    }
    this.#dynamic.add(path)
    return { usable: true, text: path }
  }

  /** Appends records to one file. Those that are not in it afterwards are marked RETRY; returns what went wrong. */
  async #writeFile(path: string, batch: Batch, indices: readonly number[], outcomes: Uint8Array): Promise<Error | undefined> {
    const target = this.#file(path)
    try {
      await target.open()
      if (this.#options.rotate && target.size >= this.#options.rotate_max_size) await this.#rotate(target)
    } catch (error) {
      for (const i of indices) outcomes[i] = RETRY
      return error as Error
    }
    const writer = this.#writers.take()
    if (target.size === 0) this.#lines.header?.(batch, indices[0]!, writer)
    if (this.#ends.length < indices.length) this.#ends = new Uint32Array(indices.length * 2)
    const ends = this.#ends
    indices.forEach((index, n) => {
      this.#lines.write(batch, index, writer)
      ends[n] = writer.length
    })
    const { bytes, error } = await target.append(writer.view(), (written) => {
      let whole = 0
      for (let n = 0; n < indices.length && ends[n]! <= written; n++) whole = ends[n]!
      return whole
    })
    indices.forEach((index, n) => { if (ends[n]! > bytes) outcomes[index] = RETRY })
    this.#writers.give(writer)
    return error
  }

  #file(path: string): AppendFile {
    const known = this.#files.get(path)
    // last in the map: last to be closed
    if (known !== undefined) this.#files.delete(path)
    const target = known ?? new AppendFile(path, this.#options.mkdir)
    this.#files.set(path, target)
    if (this.#files.size > OPEN_FILES) {
      const [oldest, idle] = this.#files.entries().next().value!
      this.#files.delete(oldest)
      void idle.close()
    }
    return target
  }

  async #rotate(target: AppendFile): Promise<void> {
    const { rotate_gzip, rotate_max_files } = this.#options
    this.#rotated = Math.max(Date.now(), this.#rotated + 1)
    const moved = await moveAway(target.path, this.#rotated)
    await target.open()
    this.#tidying = this.#tidying.then(() => tidy(target.path, moved, rotate_gzip, rotate_max_files)).catch((error: unknown) => {
      this.#context.log.error(`Rotated files of ${target.path} cannot be tidied: ${(error as Error).message}.`)
    })
  }

  async close(): Promise<void> {
    await this.#tidying
    for (const target of this.#files.values()) await target.close()
  }
}
