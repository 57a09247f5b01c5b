/**
 * Rotation by size: `app.log` becomes `app.log.20261122_100000_123`, compressed to `….gz` when asked for, and the oldest
 * beyond a number are deleted.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { access, readdir, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { compileDateFormat } from '../../lib/strftime.ts'

const STAMP = compileDateFormat('%Y%m%d_%H%M%S_%L')

/**
 * Moves the file away under the time, in milliseconds; later times sort behind earlier ones. Returns its new path;
 * compressing it and deleting old ones is `tidy`'s.
 */
export async function moveAway(path: string, now: number): Promise<string> {
  const moved = `${path}.${STAMP.format(Math.floor(now / 1000), (now % 1000) * 1e6)}`
  await rename(path, moved)
  return moved
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(() => true, () => false)
}

/** Deletes the oldest of the file's rotated ones beyond `keep`, then compresses the one that was moved away last. */
export async function tidy(path: string, moved: string, compress: boolean, keep: number): Promise<void> {
  const folder = dirname(path)
  const name = basename(path)
  const rotated = (await readdir(folder))
    .filter((entry) => entry.startsWith(name + '.') && /^\d{8}_\d{6}_\d{3}(\.gz)?$/.test(entry.slice(name.length + 1)))
    .sort()
  for (const old of rotated.slice(0, Math.max(rotated.length - keep, 0))) await unlink(join(folder, old))
  // moved away faster than compressed, it may be one of those
  if (!compress || !(await exists(moved))) return
  await pipeline(createReadStream(moved), createGzip({ level: 1 }), createWriteStream(moved + '.part'))
  await rename(moved + '.part', moved + '.gz')
  await unlink(moved)
}
