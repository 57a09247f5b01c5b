/** Credentials for AWS: found by the SDK's chain, an HTTP endpoint, or by assuming a role; renewed before they end. */
import { call } from './call.ts'
import { assumeRole } from './assume-role.ts'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

export interface CredentialOptions {
  readonly region: string | undefined
  readonly profile: string | undefined
  readonly roleArn: string | undefined
  readonly externalId: string | undefined
  /** URL or host of STS; that of the region when not set. */
  readonly stsEndpoint: string | undefined
  /** URL that answers with credentials, instead of the chain. */
  readonly endpoint?: string | undefined
}

/** Milliseconds before their end at which credentials are renewed. */
const EARLY = 300_000
/** Milliseconds before their end at which they are used no more, since a request takes its time. */
const LATE = 10_000
/** Milliseconds between attempts to renew credentials that are still good. */
const PAUSE = 10_000
const ENDPOINT_TIMEOUT = 5000

/** Finds credentials; a seam for tests. */
export type Find = () => Promise<Credentials>

export class CredentialSource {
  readonly #options: CredentialOptions
  readonly #now: () => number
  #find: Find | undefined
  #current: Credentials | undefined
  #renewing: Promise<Credentials> | undefined
  #triedAt = -Infinity

  constructor(options: CredentialOptions, find?: Find, now: () => number = Date.now) {
    this.#options = options
    this.#find = find
    this.#now = now
  }

  /** Rejects when there are none. While good ones are at hand nobody waits for newer ones. */
  readonly get = async (): Promise<Credentials> => {
    const current = this.#current
    const left = current?.expiration === undefined ? Infinity : current.expiration.getTime() - this.#now()
    if (current === undefined || left <= LATE) return await this.#renew()
    if (left <= EARLY && this.#now() - this.#triedAt >= PAUSE) void this.#renew().catch(() => {})
    return current
  }

  /** What is held was refused: the next request asks for new ones. */
  forget(): void {
    this.#current = undefined
  }

  #renew(): Promise<Credentials> {
    this.#triedAt = this.#now()
    this.#renewing ??= this.#fetch().then((credentials) => (this.#current = credentials)).finally(() => { this.#renewing = undefined })
    return this.#renewing
  }

  async #fetch(): Promise<Credentials> {
    const { roleArn, externalId, stsEndpoint, region } = this.#options
    this.#find ??= await this.#source()
    if (roleArn === undefined) return await this.#find()
    return await assumeRole({ roleArn, externalId, endpoint: stsEndpoint, region, base: this.#find })
  }

  async #source(): Promise<Find> {
    const { endpoint, profile, region } = this.#options
    if (endpoint !== undefined) return () => askEndpoint(endpoint)
    const { chain } = await import('./provider.ts')
    return chain(profile, region)
  }
}

async function askEndpoint(endpoint: string): Promise<Credentials> {
  const { status, body } = await call({ method: 'GET', url: new URL(endpoint), timeout: ENDPOINT_TIMEOUT })
  if (status !== 200) throw new Error(`${endpoint} answered HTTP ${status} instead of credentials`)
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = JSON.parse(body) as { readonly [name: string]: string | undefined }
  if (AccessKeyId === undefined || SecretAccessKey === undefined) throw new Error(`${endpoint} answered without AccessKeyId and SecretAccessKey`)
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(Token === undefined ? {} : { sessionToken: Token }),
    ...(Expiration === undefined ? {} : { expiration: new Date(Expiration) })
  }
}
