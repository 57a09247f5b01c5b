/** A record as a list of keys and values: what the record of byte ranges must always say. */
export type Members = [key: string, value: unknown][]

export function membersOf(json: string): Members {
  return Object.entries(JSON.parse(json) as object) as Members
}

/** JSON text of the members in their order. */
export function textOf(members: Members): string {
  return `{${members.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`
}

export function indexOf(members: Members, key: string): number {
  return members.findIndex(([known]) => known === key)
}

/** In its place when the key is there, else at the end. */
export function put(members: Members, key: string, value: unknown): void {
  const at = indexOf(members, key)
  if (at < 0) members.push([key, value])
  else members[at]![1] = value
}

export function drop(members: Members, key: string): void {
  const at = indexOf(members, key)
  if (at >= 0) members.splice(at, 1)
}
