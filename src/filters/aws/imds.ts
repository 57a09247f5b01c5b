/** The metadata service of an EC2 instance, version 2 (with a session token) or 1. */
import { call, type CallAnswer } from '../../lib/aws/call.ts'

/** It did not answer, or not as it should. */
export class ImdsError extends Error {}

const PATHS = {
  az: '/latest/meta-data/placement/availability-zone',
  ec2_instance_id: '/latest/meta-data/instance-id',
  ec2_instance_type: '/latest/meta-data/instance-type',
  private_ip: '/latest/meta-data/local-ipv4',
  ami_id: '/latest/meta-data/ami-id',
  hostname: '/latest/meta-data/hostname'
} as const
const MAC = '/latest/meta-data/mac'
const DOCUMENT = '/latest/dynamic/instance-identity/document'
const TAGS = '/latest/meta-data/tags/instance'
const TOKEN = '/latest/api/token'
const TOKEN_SECONDS = '21600'
/** Milliseconds: it is on the same machine. Where the hop limit forbids it, packets vanish without a word. */
const TIMEOUT = 1000

export type Question = keyof typeof PATHS | 'vpc_id' | 'account_id'

export class Imds {
  readonly #base: URL
  readonly #withToken: boolean
  #token: string | undefined

  constructor(withToken: boolean) {
    const v6 = process.env['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE']?.toLowerCase() === 'ipv6'
    this.#base = new URL(process.env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] ?? (v6 ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254'))
    this.#withToken = withToken
  }

  /** Rejects with an ImdsError. */
  async ask(question: Question): Promise<string> {
    if (question === 'vpc_id') {
      const mac = (await this.#get(MAC)).trim().replace(/\/$/, '')
      return await this.#get(`/latest/meta-data/network/interfaces/macs/${mac}/vpc-id`)
    }
    if (question === 'account_id') {
      const document = await this.#get(DOCUMENT)
      const account = /"accountId"\s*:\s*"(\d+)"/.exec(document)?.[1]
      if (account === undefined) throw new ImdsError('the identity of the instance names no account')
      return account
    }
    return await this.#get(PATHS[question])
  }

  /** Tags of the instance; none when its metadata does not have them. Rejects with an ImdsError. */
  async tags(): Promise<(readonly [string, string])[]> {
    const { status, body } = await this.#call(TAGS)
    if (status === 404) return []
    const tags: (readonly [string, string])[] = []
    for (const key of text(TAGS, status, body).split('\n').filter((line) => line !== '')) {
      tags.push([key, await this.#get(`${TAGS}/${encodeURIComponent(key)}`)])
    }
    return tags
  }

  async #get(path: string): Promise<string> {
    const { status, body } = await this.#call(path)
    return text(path, status, body)
  }

  async #call(path: string): Promise<CallAnswer> {
    if (process.env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') throw new ImdsError('AWS_EC2_METADATA_DISABLED is set')
    if (!this.#withToken) return await this.#request('GET', path, {})
    this.#token ??= await this.#newToken()
    const answer = await this.#request('GET', path, { 'x-aws-ec2-metadata-token': this.#token })
    if (answer.status !== 401) return answer
    this.#token = await this.#newToken()
    return await this.#request('GET', path, { 'x-aws-ec2-metadata-token': this.#token })
  }

  async #newToken(): Promise<string> {
    const { status, body } = await this.#request('PUT', TOKEN, { 'x-aws-ec2-metadata-token-ttl-seconds': TOKEN_SECONDS })
    return text(TOKEN, status, body)
  }

  async #request(method: 'GET' | 'PUT', path: string, headers: { [name: string]: string }): Promise<CallAnswer> {
    try {
      return await call({ method, url: new URL(path, this.#base), headers, timeout: TIMEOUT })
    } catch (error) {
      const hint = path === TOKEN ? ' (in a pod, the hop limit of the instance may forbid it: 1 by default for new node groups; use the host\'s network or leave this filter out)' : ''
      throw new ImdsError(`${(error as Error).message}${hint}`)
    }
  }
}

function text(path: string, status: number, body: string): string {
  if (status === 200) return body
  throw new ImdsError(`HTTP ${status} for ${path}`)
}
