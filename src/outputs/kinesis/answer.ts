/** What the service answered, and what that means. */
import type { Verdict } from '../../plugin/output.ts'
import { again, describeAnswer, type Answer } from '../shared/status.ts'
import type { Service } from './settings.ts'

const THROTTLED = /^(ProvisionedThroughputExceededException|LimitExceededException|Throttling\w*|RequestLimitExceeded|ServiceUnavailable\w*|KMSThrottlingException)$/
/** About the request itself: halved, the record at fault is found. */
const WRONG = /^(InvalidArgumentException|ValidationException|SerializationException|RequestEntityTooLarge\w*)$/
const CREDENTIALS = /^(ExpiredToken\w*|UnrecognizedClientException|InvalidClientTokenId|InvalidSignatureException)$/

/** Of one item: undefined when the service has it. */
export type ItemError = { readonly reason: string; readonly throttled: boolean } | undefined

/** Of a request as a whole. */
export type Failure = Extract<Verdict, { kind: 'retry' | 'too_large' }>

export interface Refusal {
  readonly failure: Failure
  /** Something an operator must see to. */
  readonly alarm: boolean
  /** The credentials themselves were not accepted. */
  readonly credentials: boolean
}

/** The outcome of each item, or why the request as a whole failed. */
export function readAnswer(answer: Answer, service: Service, items: number): readonly ItemError[] | Refusal {
  if (answer.status !== 200) return refusalOf(answer)
  const errors = readItems(answer.body, service, items)
  if (errors !== undefined) return errors
  // a proxy's page, or half an answer: the records may be there
  return { failure: { kind: 'retry', reason: `not an answer of the service: ${describeAnswer(answer)}`, unsure: true }, alarm: false, credentials: false }
}

function readItems(body: string, service: Service, items: number): ItemError[] | undefined {
  let answers: unknown
  try {
    answers = (JSON.parse(body) as { readonly [name: string]: unknown } | null)?.[service.answers]
  } catch {
    return undefined
  }
  if (!Array.isArray(answers) || answers.length !== items) return undefined
  return (answers as ({ readonly ErrorCode?: string; readonly ErrorMessage?: string } | null)[]).map((item) => {
    const code = item?.ErrorCode
    return code === undefined || code === '' ? undefined : { reason: `${code}: ${item?.ErrorMessage ?? ''}`, throttled: THROTTLED.test(code) }
  })
}

function refusalOf(answer: Answer): Refusal {
  const { code, message } = errorOf(answer)
  const reason = code === '' ? describeAnswer(answer) : `${code}: ${message}`
  const quiet = { alarm: false, credentials: false }
  if (answer.status === 413 || WRONG.test(code)) return { failure: { kind: 'too_large', reason }, ...quiet }
  const failure = again(answer, reason) as Failure
  if (THROTTLED.test(code)) return { failure: { ...failure, throttled: true } as Failure, ...quiet }
  if (answer.status >= 500) return { failure, ...quiet }
  // no such stream, no permission, no key: no fault of the records
  return { failure, alarm: true, credentials: CREDENTIALS.test(code) }
}

function errorOf({ headers, body }: Answer): { readonly code: string; readonly message: string } {
  let said: { readonly __type?: unknown; readonly message?: unknown; readonly Message?: unknown } = {}
  try {
    said = (JSON.parse(body) as typeof said | null) ?? {}
  } catch {
    // no JSON: nothing of the service's
  }
  const header = headers['x-amzn-errortype']
  const type = typeof said.__type === 'string' ? said.__type : typeof header === 'string' ? header : ''
  const message = said.message ?? said.Message
  return { code: type.replace(/^.*#/, '').replace(/:.*$/, ''), message: typeof message === 'string' ? message : '' }
}
