/** The cursor that Fluent Bit left in its database (`db`): SQLite, table `in_systemd_cursor`. Read once, left as it is. */
import { existsSync } from 'node:fs'
import type { Log } from '../../plugin/context.ts'

/** What a cursor says: `s=…;i=…;b=…;m=…;t=…;x=…`, numbers hexadecimal. */
export interface Cursor {
  readonly seqnumId: string
  /** The last entry that was read. */
  readonly seqnum: number
  /** Its time in microseconds. */
  readonly realtime: number
}

export function parseCursor(text: string): Cursor | undefined {
  const parts = new Map(text.split(';').map((part) => [part.slice(0, 1), part.slice(2)]))
  const seqnumId = parts.get('s') ?? ''
  const seqnum = Number.parseInt(parts.get('i') ?? '', 16)
  const realtime = Number.parseInt(parts.get('t') ?? '', 16)
  return /^[0-9a-f]{32}$/.test(seqnumId) && seqnum > 0 && realtime > 0 ? { seqnumId, seqnum, realtime } : undefined
}

/** The cursor of a database; undefined when there is none. */
export async function readFluentBitCursor(path: string, log: Log): Promise<Cursor | undefined> {
  if (!existsSync(path)) return undefined
  try {
    // node:sqlite is loaded only where there is a database
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(path, { readOnly: true })
    try {
      const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all('in_systemd_cursor')
      if (columns.length === 0) return undefined
      const row = database.prepare('SELECT cursor FROM in_systemd_cursor ORDER BY ROWID DESC LIMIT 1').get()
      const cursor = row === undefined ? undefined : parseCursor(String(row['cursor']))
      if (cursor !== undefined) log.info('The cursor of Fluent Bit is taken over.', { path })
      return cursor
    } finally {
      database.close()
    }
  } catch (error) {
    log.warn('The database of the cursor cannot be read.', { path, reason: (error as Error).message })
    return undefined
  }
}
