/** The options of tail. */
import type { Fields } from '../../config/fields.ts'

export const options = {
  'path': {
    kind: 'list', required: true, example: '/var/log/containers/*.log',
    doc: 'Files to follow: patterns as glob(3) reads them, with commas between them. The log of the agent\'s own container '
      + 'is left out unless it is named without a pattern.'
  },
  'exclude_path': {
    kind: 'list', example: '*.gz,*.zip',
    doc: 'Files to leave out: patterns for whole paths, in which * matches / too.'
  },
  'key': { kind: 'string', default: 'log', example: 'message', doc: 'Key of a line that no parser has taken apart.' },
  'read_from_head': {
    kind: 'boolean', default: false, example: 'on',
    doc: 'Read files that are there at the very first start from their beginning; otherwise only what is added to them. '
      + 'Files that appeared later, while stopped too, are always read from their beginning.'
  },
  'read_newly_discovered_files_from_head': {
    kind: 'boolean', default: true, example: 'off',
    doc: 'Read files that appear while running from their beginning; with off they follow read_from_head.'
  },
  'refresh_interval': {
    kind: 'duration', default: 60_000, example: '10',
    doc: 'How often all patterns are looked up again, as a net below the notices of the file system.'
  },
  'watcher_interval': {
    kind: 'duration', default: 2_000, example: '2s',
    doc: 'How often symbolic links are looked at for a new target.'
  },
  'progress_check_interval': {
    kind: 'duration', default: 2_000, example: '2s',
    doc: 'How often followed files are looked at even without a notice of the file system.'
  },
  'progress_check_interval_nsec': {
    kind: 'integer', default: 0, min: 0, example: '500000000', doc: 'Nanoseconds added to progress_check_interval.'
  },
  'rotate_wait': {
    kind: 'duration', default: 5_000, example: '30',
    doc: 'How long a rotated or deleted file is kept open after its last bytes were read. Unread bytes keep it open.'
  },
  'docker_mode': {
    kind: 'boolean', default: false, example: 'on', doc: 'Join the parts of long lines in JSON files of Docker.',
    deprecated: 'multiline.parser docker does the same for each stream'
  },
  'docker_mode_flush': {
    kind: 'duration', default: 4_000, example: '5', doc: 'How long docker_mode waits for the rest of a line.'
  },
  'docker_mode_parser': {
    kind: 'string', example: 'multi_line', doc: 'Parser that knows the first line of a group, for docker_mode.'
  },
  'path_key': { kind: 'string', example: 'filename', doc: 'Adds the path of the file under this key.' },
  'offset_key': { kind: 'string', example: 'offset', doc: 'Adds the offset of the line in its file under this key.' },
  'ignore_older': {
    kind: 'duration', default: 0, example: '1d',
    doc: 'Leave out files last changed longer ago than this, and records whose own time is older; 0 takes all.'
  },
  'ignore_active_older_files': {
    kind: 'boolean', default: false, example: 'on',
    doc: 'Stop following files that have become older than ignore_older; they go on where they were when they grow.'
  },
  'buffer_chunk_size': {
    kind: 'size', default: 32_768, example: '64K', doc: 'Step in which a read buffer grows.',
    withoutEffect: 'all files are read in blocks of 64 KiB through one shared buffer'
  },
  'buffer_max_size': {
    kind: 'size', default: 32_768, example: '256K',
    doc: 'Length from which a line is long, for skip_long_lines and truncate_long_lines. Without these a long line is '
      + 'taken whole, or in pieces of 2 MiB.',
    differs: 'Fluent Bit stops reading a file at its first long line'
  },
  'static_batch_size': {
    kind: 'size', default: 50_000_000, example: '10M', doc: 'Most bytes read in one turn while catching up.'
  },
  'event_batch_size': {
    kind: 'size', default: 50_000_000, example: '10M', doc: 'Most bytes read in one turn.'
  },
  'skip_long_lines': {
    kind: 'boolean', default: false, example: 'on', doc: 'Drop lines longer than buffer_max_size, counted.'
  },
  'truncate_long_lines': {
    kind: 'boolean', default: false, example: 'on', doc: 'Cut lines longer than buffer_max_size, counted.'
  },
  'exit_on_eof': {
    kind: 'boolean', default: false, example: 'on', doc: 'End the agent when all files are read.'
  },
  'skip_empty_lines': { kind: 'boolean', default: false, example: 'on', doc: 'Leave out empty lines.' },
  'file_cache_advise': {
    kind: 'boolean', default: true, example: 'off', doc: 'Advise the kernel not to keep files in its cache.',
    withoutEffect: 'the page cache of a log file belongs to its writer'
  },
  'inotify_watcher': {
    kind: 'boolean', default: true, example: 'off',
    doc: 'Use notices of the file system; off polls, for network mounts and the like.'
  },
  'windows.path_encoding': {
    kind: 'choice', values: ['ansi', 'utf-8'], default: 'ansi', example: 'utf-8', doc: 'Encoding of paths on Windows.',
    withoutEffect: 'paths are Unicode here'
  },
  'parser': { kind: 'string', example: 'nginx', doc: 'Parser for each line; a line that is not of its kind stays text.' },
  'tag_regex': {
    kind: 'string', example: '(?<pod>[^_]+)_(?<namespace>[^_]+)_(?<container>.+)-',
    doc: 'Regular expression for the path, whose named groups stand in the tag as <name>.'
  },
  'db': {
    kind: 'string', example: '/var/log/flb_tail.db',
    doc: 'Database of positions that Fluent Bit kept. The first start takes its positions over and leaves it as it is; '
      + 'positions of our own lie in the state directory.'
  },
  'db.sync': {
    kind: 'choice', values: ['extra', 'full', 'normal', 'off'], default: 'normal', example: 'normal',
    doc: 'How SQLite syncs.', withoutEffect: 'positions lie in the buffer, not in SQLite'
  },
  'db.locking': {
    kind: 'boolean', default: false, example: 'on', doc: 'Lock the database.',
    withoutEffect: 'one agent alone uses a state directory in any case'
  },
  'db.journal_mode': {
    kind: 'choice', values: ['DELETE', 'TRUNCATE', 'PERSIST', 'MEMORY', 'WAL', 'OFF'], default: 'WAL', example: 'WAL',
    doc: 'Journal of SQLite.', withoutEffect: 'positions lie in the buffer, not in SQLite'
  },
  'db.compare_filename': {
    kind: 'boolean', default: false, example: 'on',
    doc: 'Take a position over from db only when the name of the file is the same too.'
  },
  'multiline': {
    kind: 'boolean', default: false, example: 'on', doc: 'Join lines with parser_firstline and parser_1, parser_2 …',
    deprecated: 'multiline.parser joins lines by rules'
  },
  'multiline_flush': {
    kind: 'duration', default: 4_000, example: '5', doc: 'How long multiline waits for another line of a group.'
  },
  'parser_firstline': { kind: 'string', example: 'java_first', doc: 'Parser that knows the first line, for multiline.' },
  'parser_': {
    kind: 'string', prefix: true, example: 'java_rest', doc: 'Parsers for the lines after the first, for multiline.'
  },
  'multiline.parser': {
    kind: 'list', multiple: true, example: 'docker, cri', doc: 'Multiline parsers, tried in order.'
  },
  'unicode.encoding': {
    kind: 'choice', values: ['auto', 'UTF-16LE', 'UTF-16BE'], example: 'UTF-16LE',
    doc: 'Encoding of the files, to be turned into UTF-8.'
  },
  'generic.encoding': {
    kind: 'choice', example: 'ShiftJIS',
    values: [
      'ShiftJIS', 'SJIS', 'CP932', 'Windows-31J', 'UHC', 'CP949', 'Windows-949', 'GBK', 'CP936', 'GB18030', 'Big5',
      'CP950', 'Win866', 'CP866', 'Win874', 'CP874', 'Win1250', 'CP1250', 'Win1251', 'CP1251', 'Win1252', 'CP1252',
      'Win1253', 'CP1253', 'Win1254', 'CP1254', 'Win1255', 'CP1255', 'Win1256', 'CP1256'
    ],
    doc: 'Legacy encoding of the files, to be turned into UTF-8.'
  }
} as const satisfies Fields
