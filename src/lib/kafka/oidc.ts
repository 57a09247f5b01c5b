/** Tokens from an OpenID provider by client credentials (RFC 6749, 4.4), kept until most of their life is over. */
import { KafkaError } from './protocol-errors.ts'
import type { Token } from './sasl.ts'

export interface OidcSettings {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope: string | undefined
  readonly extensions: ReadonlyMap<string, string> | undefined
}

/** Milliseconds that the provider may take. */
const TIMEOUT = 30_000
/** Seconds that a token is taken to be good for when the provider does not say. */
const LIFE = 300

/** A function that gives a token that is good. Rejects with KafkaError. */
export function oidcTokens({ url, clientId, clientSecret, scope, extensions }: OidcSettings): () => Promise<Token> {
  let kept: Token | undefined
  let until = 0
  return async () => {
    if (kept !== undefined && performance.now() < until) return kept
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) })
    const failed = (why: string): KafkaError => new KafkaError(`no token from ${url}: ${why}`)
    const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')
    let answer: Response
    let text: string
    try {
      answer = await fetch(url, { method: 'POST', body: form, headers: { authorization: `Basic ${basic}`, accept: 'application/json' }, signal: AbortSignal.timeout(TIMEOUT) })
      text = await answer.text()
    } catch (error) {
      const { message, cause } = error as Error
      throw failed(cause instanceof Error ? cause.message : message)
    }
    if (!answer.ok) throw failed(`HTTP ${answer.status} ${text.slice(0, 200)}`)
    const { access_token: value, expires_in: seconds } = parsed(text)
    if (typeof value !== 'string') throw failed('the answer has no access_token')
    kept = { value, ...(extensions === undefined ? {} : { extensions }) }
    until = performance.now() + (typeof seconds === 'number' ? seconds : LIFE) * 800
    return kept
  }
}

function parsed(text: string): { readonly access_token?: unknown; readonly expires_in?: unknown } {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
