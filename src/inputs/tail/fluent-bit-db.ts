/**
 * Positions that Fluent Bit left in its database (`db`): SQLite, table `in_tail_files` with name, inode, offset and,
 * since 5.x, a checksum of up to 32 bytes before the offset. It is opened for reading only and left as it is.
 */
import { existsSync, readSync, readlinkSync } from 'node:fs'
import type { Log } from '../../plugin/context.ts'
import type { Followed } from './followed.ts'
import { xxh3 } from './xxh3.ts'

export interface PositionSource {
  /** The offset at which an open file was left; null when the file is not known. */
  position(file: Followed): number | null
}

interface Row {
  readonly name: string
  readonly offset: bigint
  readonly marker: bigint
  readonly markerSize: number
}

/** Reads the positions of a database; null when there is none. */
export async function readFluentBitDb(path: string, compareName: boolean, log: Log): Promise<PositionSource | null> {
  if (!existsSync(path)) return null
  try {
    // node:sqlite is loaded only where there is a database
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(path, { readOnly: true })
    try {
      const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all('in_tail_files')
      if (columns.length === 0) return null
      const marked = columns.some((column) => column['name'] === 'offset_marker')
      const select = database.prepare(
        `SELECT name, offset, inode${marked ? ', offset_marker, offset_marker_size' : ''} FROM in_tail_files ORDER BY id`)
      select.setReadBigInts(true)
      const rows = new Map<string, Row[]>()
      for (const row of select.iterate()) {
        const inode = String(row['inode'])
        const entry = {
          name: String(row['name']),
          offset: row['offset'] as bigint,
          marker: marked ? BigInt.asUintN(64, (row['offset_marker'] as bigint | null) ?? 0n) : 0n,
          markerSize: marked ? Number(row['offset_marker_size'] ?? 0) : 0
        }
        rows.set(inode, [entry, ...(rows.get(inode) ?? [])])
      }
      log.info('Positions of Fluent Bit are taken over.', { path, files: rows.size })
      return new FluentBitPositions(rows, compareName)
    } finally {
      database.close()
    }
  } catch (error) {
    log.warn('The database of positions cannot be read.', { path, reason: (error as Error).message })
    return null
  }
}

class FluentBitPositions implements PositionSource {
  readonly #rows: ReadonlyMap<string, readonly Row[]>
  readonly #compareName: boolean

  constructor(rows: ReadonlyMap<string, readonly Row[]>, compareName: boolean) {
    this.#rows = rows
    this.#compareName = compareName
  }

  position(file: Followed): number | null {
    const rows = this.#rows.get(file.inode) ?? []
    const row = this.#compareName ? rows.find((each) => isNameOf(each.name, file)) : rows[0]
    if (row === undefined) return null
    const offset = Number(row.offset)
    // Fluent Bit reads from the beginning what no longer holds what it had read
    return offset <= file.size && this.#holds(file, offset, row) ? offset : 0
  }

  #holds(file: Followed, offset: number, row: Row): boolean {
    if (row.markerSize === 0 || offset === 0) return true
    const size = row.markerSize
    if (size > 32 || size > offset) return false
    const bytes = Buffer.alloc(size)
    return readSync(file.fd, bytes, 0, size, offset - size) === size && xxh3(bytes) === row.marker
  }
}

/** Fluent Bit keeps the path without links. */
function isNameOf(name: string, file: Followed): boolean {
  if (name === file.path || name === file.target) return true
  try {
    return name === readlinkSync(`/proc/self/fd/${file.fd}`)
  } catch {
    return false
  }
}
