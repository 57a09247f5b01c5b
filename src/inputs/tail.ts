/**
 * tail: follows files and makes a record of each line.
 *
 * chokidar and a look at the patterns say which files there are (tail/discovery.ts); a file is known by device, inode and
 * a checksum of its head, whatever its name becomes (tail/follower.ts, tail/identity.ts); notices wake it and a slow round
 * is the net below them (tail/wakers.ts); it is read in turn with the others, rotated and deleted ones first
 * (tail/sweep.ts, tail/plain-reader.ts, tail/gz-source.ts), its blocks become lines (tail/lines.ts) and its lines records
 * (tail/handlers.ts). What a line covers of the file goes into the pipeline with it; after a restart what is not covered
 * is read again (tail/recovery.ts).
 */
import { fstatSync } from 'node:fs'
import { PluginError } from '../plugin/context.ts'
import { defineInput, type Input, type InputContext } from '../plugin/input.ts'
import type { OptionsOf } from '../config/fields.ts'
import { compileRegex } from '../lib/onigmo/regex.ts'
import type { JoinerFactory, Parser } from '../plugin/parser.ts'
import { Discovery } from './tail/discovery.ts'
import { dockerMode } from './tail/docker-mode.ts'
import { firstLineMode } from './tail/first-line-mode.ts'
import { Follower } from './tail/follower.ts'
import { RETIRED, type Followed } from './tail/followed.ts'
import { readFluentBitDb } from './tail/fluent-bit-db.ts'
import { makeHandling } from './tail/handlers.ts'
import { Joins } from './tail/joins.ts'
import { Lines, type LineOptions } from './tail/lines.ts'
import { options } from './tail/options.ts'
import { ownContainer, ownLogTest } from './tail/own-log.ts'
import { PlainReader } from './tail/plain-reader.ts'
import { Sweep } from './tail/sweep.ts'
import { tagComposer } from './tail/tag.ts'
import { deletedBytes, Wakers } from './tail/wakers.ts'

type Options = OptionsOf<typeof options>

/** Files kept open at most while idle. */
const OPEN_LIMIT = 1_000
/** Bytes of deleted files that our descriptors may keep on the disk. */
const DELETED_LIMIT = 1_000_000_000

export default defineInput({
  name: 'tail',
  summary: 'Follows files and makes a record of each line.',
  description: 'Files are followed across rotation, truncation and restarts of the agent; no line is lost while its file '
    + 'can be read, and none is read twice. Files that end in .gz are decompressed and read once.',
  options,
  examples: [
    { title: 'Container logs', config: 'name: tail\npath: /var/log/containers/*.log\ntag: kube.*\nmultiline.parser: docker, cri' },
    { title: 'JSON lines from their beginning', config: 'name: tail\npath: /var/log/app/*.json\nread_from_head: on\nparser: json' }
  ],
  async create(options, context): Promise<Input> {
    const positions = options.db !== undefined && context.firstStart
      ? await readFluentBitDb(options.db, options['db.compare_filename'], context.log)
      : null
    return new Tail(options, context, positions)
  }
})

class Tail implements Input {
  readonly #context: InputContext
  readonly #options: Options
  readonly #follower: Follower
  readonly #discovery: Discovery
  readonly #sweep: Sweep
  readonly #wakers: Wakers
  readonly #joins: Joins | null
  #finished = false

  constructor(options: Options, context: InputContext, positions: Awaited<ReturnType<typeof readFluentBitDb>>) {
    const { ingest, meter, log } = context
    this.#context = context
    this.#options = options
    const joiner = chooseJoiner(options, context)
    const handling = makeHandling(ingest, context.pool, {
      key: options.key,
      pathKey: options.path_key,
      offsetKey: options.offset_key,
      parser: options.parser === undefined || joiner !== null ? null : namedParser(options.parser, 'parser', context),
      joiner,
      ignoreOlder: options.ignore_older
    })
    const lines = new Lines(ingest, handling.clock, lineOptions(options), {
      skipped: meter.counter('fluentbit_input_long_line_skipped_total'),
      truncated: meter.counter('fluentbit_input_long_line_truncated_total'),
      invalid: meter.counter('fantail_tail_invalid_utf8_lines_total')
    })
    const reader = new PlainReader(lines, ingest)
    const joins = joiner === null ? null : new Joins(handling, joiner)
    const turn = Math.max(1, Math.min(options.event_batch_size, options.static_batch_size))
    const sweep = new Sweep(ingest, reader, lines, joins, log, turn, () => this.#idle())
    const notices = options.inotify_watcher
    const follower: Follower = new Follower(context, {
      handling,
      joins,
      tagOf: tagComposer(context.tag, options.tag_regex === undefined ? null : tagRegex(options.tag_regex)),
      readFromHead: options.read_from_head,
      newFromHead: options.read_newly_discovered_files_from_head,
      ignoreOlder: options.ignore_older,
      unicode: options['unicode.encoding'],
      generic: options['generic.encoding'],
      openLimit: OPEN_LIMIT,
      positions
    }, (file) => sweep.wake(file), (file) => wakers.watch(file))
    const wakers: Wakers = new Wakers({
      notices,
      progress: options.progress_check_interval + options.progress_check_interval_nsec / 1e6,
      links: options.watcher_interval,
      rotateWait: options.rotate_wait,
      closeOlder: options.ignore_active_older_files ? options.ignore_older : 0,
      deletedLimit: DELETED_LIMIT,
      log
    }, { follower, sweep, reader, ingest })
    sweep.attach(follower)
    this.#joins = joins
    this.#follower = follower
    this.#sweep = sweep
    this.#wakers = wakers
    this.#discovery = new Discovery(options.path, options.exclude_path ?? [], {
      notices, refresh: options.refresh_interval, log, isOwn: ownLogTest(ownContainer())
    }, (path) => follower.found(path), (path) => follower.missing(path))
    meter.gauge('fantail_files_followed', () => follower.files.size)
    meter.gauge('fantail_deleted_file_bytes', () => deletedBytes(follower))
    meter.gauges('fantail_file_lag_bytes', () => lags(follower))
  }

  async start(): Promise<void> {
    this.#discovery.scan()
    this.#follower.adoptRotated()
    this.#context.ingest.commit()
    this.#sweep.schedule()
    if (this.#options.exit_on_eof) return
    this.#discovery.start()
    this.#wakers.start()
  }

  async stop(deadline: number): Promise<void> {
    this.#wakers.stop()
    await this.#discovery.close()
    await this.#sweep.stop(deadline)
    this.#joins?.close()
    // what lies in a file that is still there is read after the restart: a begun line, an open group; nothing else is
    if (this.#finished) this.#joins?.flushAll()
    for (const file of this.#follower.retired) if (isDeleted(file)) this.#letGo(file)
    this.#context.ingest.commit()
    this.#follower.closeAll()
  }

  #letGo(file: Followed): void {
    this.#joins?.flushPath(file.path)
    // what came since it was looked at last counts, too
    if (file.fd >= 0) file.size = fstatSync(file.fd).size
    if (file.compressed || file.size > file.scanned || file.limit < Infinity) this.#follower.giveUp(file)
    else this.#wakers.settle(file)
  }

  /** All that is known is read. */
  #idle(): void {
    if (!this.#options.exit_on_eof || this.#finished) return
    for (const file of this.#follower.files.values()) {
      if (file.paused || file.gz !== null || (file.state === RETIRED && !file.drained)) return
    }
    this.#finished = true
    this.#joins?.flushAll()
    this.#context.ingest.commit()
    this.#context.finish(0)
  }
}

function isDeleted({ fd: own, gz }: Followed): boolean {
  const fd = gz?.fd ?? own
  return fd >= 0 && fstatSync(fd).nlink === 0
}

function* lags(follower: Follower): Generator<readonly [{ readonly path: string }, number]> {
  for (const file of follower.files.values()) if (file.lag > 0) yield [{ path: file.name }, file.lag]
}

function lineOptions(options: Options): LineOptions {
  const long = options.truncate_long_lines ? 'truncate' : options.skip_long_lines ? 'skip' : 'whole'
  return { skipEmpty: options.skip_empty_lines, longLine: Math.max(2, options.buffer_max_size), long }
}

function chooseJoiner(options: Options, context: InputContext): JoinerFactory | null {
  const names = options['multiline.parser'].flat()
  if (names.length > 0) {
    if (options.parser !== undefined) throw new PluginError('multiline.parser and parser exclude each other', 'parser')
    return context.joiner(names, { key: options.key })
  }
  if (options.multiline) {
    if (options.docker_mode) throw new PluginError('docker_mode and multiline exclude each other', 'docker_mode')
    if (options.parser_firstline === undefined) throw new PluginError('multiline needs parser_firstline', 'multiline')
    const rest = [...options['parser_'].keys()].map((name) => namedParser(options['parser_'].get(name)!, 'parser_' + name, context))
    const first = namedParser(options.parser_firstline, 'parser_firstline', context)
    return firstLineMode(first, rest, context.pool.key(options.key), options.multiline_flush)
  }
  if (!options.docker_mode) return null
  const first = options.docker_mode_parser === undefined
    ? null
    : namedParser(options.docker_mode_parser, 'docker_mode_parser', context)
  const parser = options.parser === undefined ? null : namedParser(options.parser, 'parser', context)
  return dockerMode(parser, first, context.pool.key(options.key), options.docker_mode_flush)
}

function namedParser(name: string, option: string, context: InputContext): Parser {
  const parser = context.parser(name)
  if (parser === undefined) throw new PluginError(`there is no parser ${name}`, option)
  return parser
}

function tagRegex(pattern: string): (path: string) => RegExpExecArray | null {
  try {
    const regex = compileRegex(pattern)
    return (path) => regex.exec(path)
  } catch (error) {
    throw new PluginError((error as Error).message, 'tag_regex')
  }
}
