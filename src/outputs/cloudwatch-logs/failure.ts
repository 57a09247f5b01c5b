/** What a failed request means. */
import { retryAfter } from '../shared/status.ts'
import { NOT_CONNECTED } from '../shared/network.ts'

export interface Failure {
  /**
   * missing: the group or the stream is not there. wrong: something in the request; halved, the event at fault is found.
   * names: group, stream or entity cannot be, so no event would pass. conflict: somebody else changes the group.
   * exists: it is there already. target: this group or stream cannot be written to now. down: nothing can.
   */
  readonly kind: 'missing' | 'wrong' | 'names' | 'conflict' | 'exists' | 'target' | 'down'
  readonly reason: string
  /** The service may have taken it. */
  readonly unsure?: true
  readonly throttled?: true
  /** Milliseconds. */
  readonly after?: number
  /** Something an operator must see to. */
  readonly alarm?: true
  /** The credentials themselves were refused. */
  readonly credentials?: true
}

/** An error as the SDK throws it. */
interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly $response?: { readonly headers?: { readonly [name: string]: string } }
}

const KINDS: { readonly [name: string]: Omit<Failure, 'reason'> } = {
  ResourceNotFoundException: { kind: 'missing' },
  ResourceAlreadyExistsException: { kind: 'exists' },
  OperationAbortedException: { kind: 'conflict' },
  InvalidParameterException: { kind: 'wrong' },
  ValidationException: { kind: 'wrong' },
  SerializationException: { kind: 'wrong' },
  LimitExceededException: { kind: 'target', alarm: true },
  ThrottlingException: { kind: 'down', throttled: true },
  ThrottledException: { kind: 'down', throttled: true },
  TooManyRequestsException: { kind: 'down', throttled: true },
  RequestLimitExceeded: { kind: 'down', throttled: true },
  ServiceUnavailableException: { kind: 'down', throttled: true },
  // the signature is for a group as well as for an identity: a policy may allow one group and not another
  AccessDeniedException: { kind: 'target', alarm: true },
  KMSAccessDeniedException: { kind: 'target', alarm: true },
  ExpiredTokenException: { kind: 'down', credentials: true },
  ExpiredToken: { kind: 'down', credentials: true },
  UnrecognizedClientException: { kind: 'down', credentials: true, alarm: true },
  InvalidClientTokenId: { kind: 'down', credentials: true, alarm: true },
  InvalidSignatureException: { kind: 'down', credentials: true, alarm: true },
  IncompleteSignatureException: { kind: 'down', alarm: true },
  MissingAuthenticationTokenException: { kind: 'down', alarm: true },
  CredentialsProviderError: { kind: 'down', credentials: true, alarm: true }
}

/** Whether an answer may come from somebody who did not understand the body. */
export function mayBeUnread(error: unknown): boolean {
  const { name, $metadata } = error as SdkError
  return $metadata?.httpStatusCode !== undefined && (!Object.hasOwn(KINDS, name) || KINDS[name]?.kind === 'wrong')
}

/** Of an InvalidParameterException: it is about a name, which all events of the request share. */
const ABOUT_NAMES = /logGroupName|logStreamName|'entity|log group name|log stream name/i

/** `left`: the request had left, or some of it, and there was no whole answer. */
export function failureOf(error: unknown, left: boolean): Failure {
  const { name, message, $metadata, $response } = error as SdkError
  const status = $metadata?.httpStatusCode
  const after = retryAfter($response?.headers?.['retry-after'])
  const known = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined
  const reason = known === undefined && status === undefined ? message : `${name}: ${message}`
  if (known?.kind === 'wrong' && ABOUT_NAMES.test(message)) return { kind: 'names', reason, alarm: true }
  if (known !== undefined) return { ...known, reason, ...(after === undefined ? {} : { after }) }
  if (status === undefined) return { kind: 'down', reason, ...(left && !message.startsWith(NOT_CONNECTED) ? { unsure: true } : {}) }
  if (status === 413) return { kind: 'wrong', reason }
  if (status === 429 || status === 503) return { kind: 'down', reason, throttled: true, ...(after === undefined ? {} : { after }) }
  // what is no answer of the service (a proxy's page, a torn one) and what failed inside it say nothing about the events
  if (status >= 500 || status < 300) return { kind: 'down', reason, unsure: true, ...(after === undefined ? {} : { after }) }
  return { kind: 'target', reason, alarm: true }
}
