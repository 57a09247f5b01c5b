/** The `Authorization` field of requests: a user, a key, a token, or a token that is fetched and renewed (oauth2.ts). */

export interface Authorization {
  /** The field's value, or undefined for none. Rejects when it cannot be had now. */
  header(signal: AbortSignal): Promise<string | undefined> | string | undefined
  /** The server did not accept the value (401). */
  refused?(): void
  close?(): void
}

export interface Credentials {
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly token?: string | undefined
}

/** A token before a user, as the stronger of the two. */
export function fixedAuthorization({ user, password = '', token }: Credentials): Authorization {
  let value: string | undefined
  if (token !== undefined) value = `Bearer ${token}`
  else if (user !== undefined && user !== '') value = basic(user, password)
  return { header: () => value }
}

/** RFC 7617 */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}
