/**
 * systemd: reads the journal of journald and makes a record of each entry.
 *
 * The files are read as they lie on the disk, by nobody's leave but that of reading them: neither journalctl nor
 * libsystemd is needed, and nothing has to be of the node's version (systemd/journal-file.ts). All files together are one
 * sequence (systemd/journal.ts), which is followed by notices of the file system with a slow round below them. Entries
 * have numbers; which of them are dealt with goes into the pipeline with the records, as positions of files do
 * (systemd/positions.ts).
 */
import { defineInput, type Input, type InputContext, type TagHandle } from '../plugin/input.ts'
import type { OptionsOf } from '../config/fields.ts'
import type { Counter } from '../plugin/context.ts'
import { EntryReader } from './systemd/entry.ts'
import { EntryFilter, wantedFields } from './systemd/filter.ts'
import { DEFAULT_FOLDERS, FolderWatch, findJournals, machineId } from './systemd/folders.ts'
import { readFluentBitCursor } from './systemd/fluent-bit-cursor.ts'
import type { JournalFile } from './systemd/journal-file.ts'
import { Journal } from './systemd/journal.ts'
import { KnownFields } from './systemd/known-fields.ts'
import { options } from './systemd/options.ts'
import { Positions } from './systemd/positions.ts'

/** Entries read without giving way to others. */
const TURN = 500
/** Milliseconds from a notice to the reading, in which more entries come; and between rounds without a notice. */
const GATHER = 100
const ROUND = 2_000
/** Rounds until the folders are looked through again even without a notice. */
const SEARCH = 30
/** What nothing came of is stored at most so often. */
const QUIET = 1_000
const TAGS = 5_000

export default defineInput({
  name: 'systemd',
  summary: 'Reads the journal of systemd.',
  description: 'Entries become records as Fluent Bit makes them: all fields in their order, those that occur repeatedly as an array. '
    + 'A `*` in the tag stands for the unit of the entry, or `unknown`. Journals of any version of systemd are read directly, '
    + 'whatever their compression; neither journalctl nor libsystemd has to be there.',
  options,
  examples: [
    {
      title: 'The kubelet and containerd of a node',
      config: 'name: systemd\ntag: node.*\npath: /var/log/journal\nsystemd_filter:\n  - _SYSTEMD_UNIT=kubelet.service\n  - _SYSTEMD_UNIT=containerd.service\n'
        + 'strip_underscores: on\nlowercase: on'
    }
  ],
  create: async (values, context) => {
    const input = new Systemd(values, context)
    if (values.db !== undefined && context.recovered.length === 0) input.takeOver(await readFluentBitCursor(values.db, context.log))
    return input
  }
})

class Systemd implements Input {
  readonly #context: InputContext
  readonly #roots: readonly string[]
  readonly #machine: string | undefined
  readonly #filter: EntryFilter
  readonly #reader: EntryReader
  readonly #journal: Journal
  readonly #positions: Positions
  readonly #watch: FolderWatch
  readonly #turn: number
  readonly #damaged: Counter
  readonly #invalid: Counter
  readonly #dynamic: boolean
  readonly #tags = new Map<string, TagHandle>()
  /** Tags that need not be waited for any more. */
  readonly #awaited = new WeakSet<TagHandle>()
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined
  #rounds = 0
  #search = true
  /** Entries are being read, or something is waited for that makes reading go on. */
  #busy = false
  #quietSince = 0
  #stopped = false

  constructor(values: OptionsOf<typeof options>, context: InputContext) {
    const { meter, ingest, log } = context
    this.#context = context
    this.#roots = values.path === undefined ? DEFAULT_FOLDERS : [values.path]
    this.#machine = values.path === undefined ? machineId() : undefined
    const wanted = wantedFields(values.systemd_filter)
    const fields = new KnownFields(context.pool, { lowercase: values.lowercase, stripUnderscores: values.strip_underscores, wanted })
    this.#filter = new EntryFilter(fields, wanted.size, values.systemd_filter_type === 'and')
    this.#reader = new EntryReader(fields, values.max_fields)
    this.#turn = Math.min(values.max_entries, TURN)
    this.#dynamic = context.tag.includes('*')
    this.#damaged = meter.counter('fantail_journal_damaged_total')
    this.#invalid = meter.counter('fantail_journal_invalid_utf8_total')
    this.#positions = new Positions(
      { input: context.name, path: this.#roots[0]!, fromTail: values.read_from_tail, takesAll: this.#filter.takesAll },
      ingest, log, context.recovered,
      { lost: meter.counter('fantail_journal_lost_entries_total'), gaps: meter.counter('fantail_journal_gaps_total') })
    this.#journal = new Journal(log)
    this.#watch = new FolderWatch((renamed) => {
      this.#search ||= renamed
      this.#wake()
    })
    meter.gauge('fantail_journal_files', () => this.#journal.files.size)
    meter.gauge('fantail_journal_lag_entries', () => this.#positions.lag(this.#journal.files))
  }

  /** Goes on behind the cursor of another agent. */
  takeOver(cursor: Awaited<ReturnType<typeof readFluentBitCursor>>): void {
    this.#positions.use(cursor)
  }

  async start(): Promise<void> {
    this.#look()
    if (this.#journal.files.size === 0) this.#context.log.warn('There is no journal yet; it is waited for.', { path: this.#roots.join(', ') })
    this.#timer = setInterval(() => {
      if (++this.#rounds % SEARCH === 0 || this.#journal.files.size === 0) this.#search = true
      if (!this.#busy) this.#begin()
    }, ROUND)
    this.#begin()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    clearTimeout(this.#soon)
    this.#watch.close()
    this.#context.ingest.commit()
    this.#journal.close()
  }

  #wake(): void {
    if (this.#busy || this.#soon !== undefined || this.#stopped) return
    this.#soon = setTimeout(() => {
      this.#soon = undefined
      if (!this.#busy) this.#begin()
    }, GATHER)
  }

  /** Looks for files that came or went, when there is reason to, and for entries that were added. */
  #look(): void {
    if (!this.#search) {
      this.#journal.refresh()
      return
    }
    this.#search = false
    const { folders, files } = findJournals(this.#roots, this.#machine)
    // watched first, so that nothing is made unseen between the two
    this.#watch.set(folders)
    this.#positions.place(this.#journal.update(files), this.#journal.files)
  }

  #begin(): void {
    this.#busy = true
    this.#look()
    this.#read()
  }

  /** One turn; goes on by itself until everything is read. */
  #read(): void {
    if (this.#stopped) return
    const { ingest } = this.#context
    let taken = 0
    let waits: Promise<void> | undefined
    let left = this.#turn
    for (; left > 0; left--) {
      if (!ingest.hasRoom()) {
        ingest.commit()
        ingest.whenRoom(() => this.#read())
        return
      }
      const file = this.#journal.next()
      if (file === undefined) break
      const took = this.#take(file)
      if (took === true) taken++
      else if (took !== false) {
        waits = took
        break
      }
      file.advance()
    }
    this.#count()
    this.#commit(taken)
    if (waits !== undefined) waits.then(() => this.#read(), () => this.#read())
    else if (left === 0) setImmediate(() => this.#read())
    else {
      this.#busy = false
      this.#journal.rest()
    }
  }

  /** Takes the entry that the file has loaded. Whether a record was made of it, or what must be waited for first. */
  #take(file: JournalFile): boolean | Promise<void> {
    const { ingest } = this.#context
    const { seqnum } = file
    const numbering = this.#positions.of(file.seqnumId)
    if (numbering.has(seqnum)) return false
    const { stream, next } = numbering
    if (!this.#filter.takes(file)) {
      ingest.cover(stream, next === 0 ? seqnum : next, seqnum + 1)
      numbering.next = seqnum + 1
      return false
    }
    this.#reader.read(file, ingest.record)
    const tag = this.#tag()
    if (tag.ready !== undefined && !this.#awaited.has(tag)) {
      ingest.record.reset()
      return tag.ready.finally(() => this.#awaited.add(tag))
    }
    if (next > 0 && next < seqnum) ingest.cover(stream, next, seqnum)
    ingest.emit(tag, stream, seqnum, seqnum + 1)
    numbering.next = seqnum + 1
    return true
  }

  #tag(): TagHandle {
    const { ingest, tag } = this.#context
    const unit = this.#dynamic ? this.#reader.unit ?? 'unknown' : ''
    let handle = this.#tags.get(unit)
    if (handle === undefined) {
      if (this.#tags.size >= TAGS) this.#tags.clear()
      handle = ingest.tag(this.#dynamic ? tag.replace('*', () => unit) : tag)
      this.#tags.set(unit, handle)
    }
    return handle
  }

  /** What could not be read is counted. */
  #count(): void {
    const entries = this.#journal.damaged
    const { damaged: fields, invalid } = this.#reader
    if (entries > 0) this.#context.ingest.drop('damaged', entries)
    if (fields > 0) this.#context.log.warn('Fields of entries in the journal are damaged and left out.', { fields })
    this.#damaged.value += entries + fields
    this.#invalid.value += invalid
    this.#journal.damaged = this.#reader.damaged = this.#reader.invalid = 0
  }

  /** Positions of entries that were left out wait a while for those of others. */
  #commit(taken: number): void {
    const now = performance.now()
    if (taken === 0 && now - this.#quietSince < QUIET) return
    this.#quietSince = now
    this.#context.ingest.commit()
  }
}
