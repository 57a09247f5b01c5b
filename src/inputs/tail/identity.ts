/** How a file is known again: by device and inode, and by a checksum of its head, which grows as the file grows. */
import { readSync, type BigIntStats } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { StreamIdentity } from '../../event/stream.ts'
import type { Followed } from './followed.ts'

/** Bytes of the head that the checksum covers at most. */
export const HEAD = 1024

const head = Buffer.allocUnsafeSlow(HEAD)

/** The first bytes of an open file; valid until the next call. */
export function readHead(fd: number, length = HEAD): Buffer {
  return head.subarray(0, readSync(fd, head, 0, length, 0))
}

export function headSum(bytes: Buffer): number {
  return crc32(bytes)
}

/**
 * Brings the checksum up to what the file holds now. Returns whether it changed: below 1 KiB each time the file has
 * doubled, so that it changes seldom.
 */
export function growHead(file: Followed): boolean {
  if (file.headLength >= HEAD || file.fd < 0 || file.compressed || file.scanned < file.headLength * 2) return false
  const bytes = readHead(file.fd, Math.min(HEAD, file.scanned))
  if (bytes.length <= file.headLength) return false
  file.headLength = bytes.length
  file.headSum = headSum(bytes)
  return true
}

/** Whether an open file still begins with the bytes that its checksum was made of. */
export function headMatches(fd: number, length: number, sum: number): boolean {
  if (length === 0) return true
  const bytes = readHead(fd, length)
  return bytes.length === length && headSum(bytes) === sum
}

/** When a file was created, in nanoseconds; '0' where that is not known (some systems give the time of its last change). */
export function birth(stats: BigIntStats): string {
  return stats.birthtimeNs === stats.ctimeNs ? '0' : String(stats.birthtimeNs)
}

/** Whether two times of creation may be the same file's. */
export function mayBeSame(born: string, other: string): boolean {
  return born === '0' || other === '0' || born === other
}

/** Whether two times of creation are known and the same. */
export function isSame(born: string, other: string): boolean {
  return born !== '0' && born === other
}

/** What a restarted agent finds the stream by. */
export function identityOf(input: string, file: Followed): StreamIdentity {
  return {
    input,
    path: file.name,
    marks: {
      device: file.device,
      inode: file.inode,
      head: file.headLength,
      sum: file.headSum,
      born: file.born,
      made: file.made,
      target: file.target,
      // the path that the tag was made from, where it is another one
      ...(file.path === file.name ? {} : { first: file.path })
    }
  }
}
