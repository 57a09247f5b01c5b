/**
 * OAuth2 client credentials (RFC 6749, 4.4): a token is fetched before the first request, renewed before it ends, and
 * given up when the server refuses it. The client proves itself by its secret (basic or in the body) or by a signed
 * assertion (RFC 7523).
 */
import { X509Certificate, createHash, createSign, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Agent } from 'node:http'
import type { Fields, OptionsOf } from '../../config/fields.ts'
import { PluginError } from '../../plugin/context.ts'
import type { NetworkOptions } from '../../plugin/output.ts'
import { basic, type Authorization } from './authorization.ts'
import { createAgent, type Endpoint } from './network.ts'
import { send } from './request.ts'
import { describeAnswer } from './status.ts'

export const oauth2Options = {
  'oauth2.enable': { kind: 'boolean', default: false, doc: 'Fetch a token by OAuth2 client credentials and send it along.', example: 'on' },
  'oauth2.token_url': { kind: 'string', doc: 'URL of the token endpoint.', example: 'https://login.example.com/oauth2/token' },
  'oauth2.client_id': { kind: 'string', doc: 'Id of the client.', example: 'fantail' },
  'oauth2.client_secret': { kind: 'string', secret: true, doc: 'Secret of the client.', example: '${CLIENT_SECRET}' },
  'oauth2.user_agent': { kind: 'string', doc: 'User-Agent of token requests.', example: 'fantail' },
  'oauth2.scope': { kind: 'string', doc: 'Scope to ask for.', example: 'logs.write' },
  'oauth2.audience': { kind: 'string', doc: 'Audience to ask for.', example: 'https://logs.example.com' },
  'oauth2.resource': { kind: 'string', doc: 'Resource to ask for.', example: 'https://logs.example.com' },
  'oauth2.auth_method': {
    kind: 'choice', values: ['basic', 'post', 'private_key_jwt'], default: 'basic', example: 'post',
    doc: 'How the client proves itself: its secret as basic authentication or in the body, or a signed assertion.'
  },
  'oauth2.jwt_key_file': { kind: 'string', doc: 'Private key (PEM, RSA) for private_key_jwt.', example: '/etc/fantail/client.key' },
  'oauth2.jwt_cert_file': { kind: 'string', doc: 'Certificate whose thumbprint names the key.', example: '/etc/fantail/client.crt' },
  'oauth2.jwt_aud': { kind: 'string', doc: 'Audience of the assertion; the token URL when not set.', example: 'https://login.example.com' },
  'oauth2.jwt_header': { kind: 'string', default: 'kid', doc: 'Header of the assertion that holds the thumbprint: kid, x5t or x5t#S256.', example: 'x5t' },
  'oauth2.jwt_ttl_seconds': { kind: 'integer', default: 300, min: 1, doc: 'Life of an assertion, in seconds.', example: '60' },
  'oauth2.refresh_skew_seconds': { kind: 'integer', default: 60, min: 0, doc: 'How long before its end a token is renewed, in seconds.', example: '60' },
  'oauth2.timeout': { kind: 'duration', default: 0, doc: 'How long a token request may take; 0 for 30 s.', example: '10s' },
  'oauth2.connect_timeout': { kind: 'duration', default: 0, doc: 'How long connecting to the token endpoint may take; 0 for net.connect_timeout.', example: '5s' }
} as const satisfies Fields

export type OAuth2Options = OptionsOf<typeof oauth2Options>

const TIMEOUT = 30_000
/** Life of a token whose answer does not say, in seconds. */
const LIFE = 300

export class OAuth2 implements Authorization {
  readonly #o: OAuth2Options
  readonly #endpoint: Endpoint
  readonly #path: string
  readonly #agent: Agent
  readonly #now: () => number
  #token = ''
  /** Milliseconds, of `now`. */
  #renewAt = 0
  #endsAt = 0
  #fetching: Promise<void> | undefined

  /** Throws PluginError for options that do not fit together. `now` in milliseconds, for tests. */
  constructor(options: OAuth2Options, network: NetworkOptions, now: () => number = Date.now) {
    this.#o = options
    this.#now = now
    const url = readUrl(options['oauth2.token_url'])
    check(options)
    this.#endpoint = {
      secure: url.protocol === 'https:', host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
    }
    this.#path = url.pathname + url.search
    const connect = options['oauth2.connect_timeout']
    const own = connect > 0 ? { ...network, net: { ...network.net, connect_timeout: connect } } : network
    this.#agent = createAgent(own, this.#endpoint)
  }

  async header(signal: AbortSignal): Promise<string> {
    const now = this.#now()
    if (now >= this.#renewAt) {
      this.#fetching ??= this.#fetch(signal).finally(() => { this.#fetching = undefined })
      try {
        await this.#fetching
      } catch (error) {
        // it was to be renewed early, and still holds
        if (now >= this.#endsAt) throw error
      }
    }
    return `Bearer ${this.#token}`
  }

  refused(): void {
    this.#renewAt = 0
    this.#endsAt = 0
  }

  async #fetch(signal: AbortSignal): Promise<void> {
    const o = this.#o
    const form = new URLSearchParams({ grant_type: 'client_credentials' })
    for (const name of ['scope', 'audience', 'resource'] as const) {
      const value = o[`oauth2.${name}`]
      if (value !== undefined) form.set(name, value)
    }
    const headers: { [name: string]: string } = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
    if (o['oauth2.user_agent'] !== undefined) headers['user-agent'] = o['oauth2.user_agent']
    const [id, secret] = [o['oauth2.client_id'] ?? '', o['oauth2.client_secret'] ?? '']
    switch (o['oauth2.auth_method']) {
      case 'basic':
        headers['authorization'] = basic(id, secret)
        break
      case 'post':
        form.set('client_id', id)
        form.set('client_secret', secret)
        break
      case 'private_key_jwt':
        form.set('client_id', id)
        form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
        form.set('client_assertion', assertion(o, Math.floor(this.#now() / 1000)))
    }
    const answer = await send(this.#agent, this.#endpoint, {
      method: 'POST', path: this.#path, headers, body: Buffer.from(form.toString()), timeout: o['oauth2.timeout'] || TIMEOUT, idleTimeout: 0
    }, signal)
    const token = answer.status === 200 ? readToken(answer.body) : undefined
    if (token === undefined) throw new Error(`no token from ${this.#endpoint.host}: ${answer.status === 200 ? 'the answer holds none' : describeAnswer(answer)}`)
    const now = this.#now()
    this.#token = token.text
    this.#endsAt = now + token.life * 1000
    // one that lives shorter than the skew is used for half its life
    this.#renewAt = now + Math.max(token.life - o['oauth2.refresh_skew_seconds'], token.life / 2) * 1000
  }

  close(): void {
    this.#agent.destroy()
  }
}

function readUrl(text: string | undefined): URL {
  if (text === undefined) throw new PluginError('oauth2.enable needs oauth2.token_url', 'oauth2.enable')
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new PluginError(`${text} is no URL`, 'oauth2.token_url')
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new PluginError(`${text} is no URL of HTTP`, 'oauth2.token_url')
  return url
}

function check(o: OAuth2Options): void {
  const needed = o['oauth2.auth_method'] === 'private_key_jwt'
    ? ['oauth2.client_id', 'oauth2.jwt_key_file', 'oauth2.jwt_cert_file'] as const
    : ['oauth2.client_id', 'oauth2.client_secret'] as const
  for (const name of needed) {
    if (o[name] === undefined) throw new PluginError(`oauth2.auth_method ${o['oauth2.auth_method']} needs ${name}`, 'oauth2.enable')
  }
  if (o['oauth2.auth_method'] === 'private_key_jwt') {
    for (const name of ['oauth2.jwt_key_file', 'oauth2.jwt_cert_file'] as const) readKeyFile(o[name]!, name)
  }
}

function readKeyFile(path: string, option: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new PluginError(`cannot read ${path}: ${(error as Error).message}`, option, true)
  }
}

/** A signed assertion (RFC 7523, 3), from the files as they are now. */
function assertion(o: OAuth2Options, now: number): string {
  const certificate = new X509Certificate(readKeyFile(o['oauth2.jwt_cert_file']!, 'oauth2.jwt_cert_file'))
  const name = o['oauth2.jwt_header']
  const digest = createHash(name.toLowerCase() === 'x5t#s256' ? 'sha256' : 'sha1').update(certificate.raw).digest()
  const thumbprint = /^x5t/i.test(name) ? digest.toString('base64url') : digest.toString('hex').toUpperCase()
  const id = o['oauth2.client_id']!
  const claims = {
    iss: id, sub: id, aud: o['oauth2.jwt_aud'] ?? o['oauth2.token_url'], iat: now, exp: now + o['oauth2.jwt_ttl_seconds'], jti: randomUUID()
  }
  const signed = [{ alg: 'RS256', typ: 'JWT', [name]: thumbprint }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const signature = createSign('RSA-SHA256').update(signed).sign(readKeyFile(o['oauth2.jwt_key_file']!, 'oauth2.jwt_key_file'))
  return `${signed}.${signature.toString('base64url')}`
}

/** The token and its life in seconds (RFC 6749, 5.1). */
function readToken(body: string): { readonly text: string; readonly life: number } | undefined {
  let parsed: { access_token?: unknown; expires_in?: unknown }
  try {
    parsed = JSON.parse(body) as typeof parsed
  } catch {
    return undefined
  }
  const { access_token, expires_in } = parsed
  if (typeof access_token !== 'string' || access_token === '') return undefined
  const life = Number(expires_in)
  return { text: access_token, life: Number.isFinite(life) && life > 0 ? life : LIFE }
}
