/** Why a file cannot be read, in words. */

const reasons = new Map([
  ['ENOENT', 'there is no such file'],
  ['EISDIR', 'it is a folder'],
  ['ENOTDIR', 'a part of its path is no folder'],
  ['EACCES', 'this user may not read it'],
  ['EPERM', 'this user may not read it'],
  ['ELOOP', 'its links lead in a circle'],
  ['ENAMETOOLONG', 'its name is too long'],
  ['ERR_FS_FILE_TOO_LARGE', 'it is larger than 2 GiB']
])

/** The reason of an error of the file system; of another error what it says itself. */
export function fileFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return ('code' in error ? reasons.get(String(error.code)) : undefined) ?? error.message
}
