/**
 * The error codes of Kafka (https://kafka.apache.org/protocol, "Error Codes") that a producer or consumer meets: name,
 * what it means for a person, and what the producer does about it.
 */

/**
 * again: nothing was appended, or it may have been and the same batch with the same sequence number is safe to send again.
 * leader: as `again`, and the metadata is out of date.
 * large: smaller batches may do.
 * bad: some of these records will never be taken.
 * never: none of them will.
 * identity: the broker does not know the producer's sequence any more; a fresh producer id goes on.
 * denied: somebody must change something; asked again at leisure.
 */
export type Remedy = 'again' | 'leader' | 'large' | 'bad' | 'never' | 'identity' | 'denied'

type Row = readonly [name: string, remedy: Remedy, meaning: string]

const TABLE: { readonly [code: number]: Row } = {
  '-1': ['UNKNOWN_SERVER_ERROR', 'again', 'the broker failed; its log says why'],
  1: ['OFFSET_OUT_OF_RANGE', 'denied', 'the offset is not in the log any more'],
  2: ['CORRUPT_MESSAGE', 'again', 'the batch arrived damaged'],
  3: ['UNKNOWN_TOPIC_OR_PARTITION', 'leader', 'the topic does not exist, or we may not see it'],
  5: ['LEADER_NOT_AVAILABLE', 'leader', 'the partition has no leader at the moment'],
  6: ['NOT_LEADER_OR_FOLLOWER', 'leader', 'the partition has moved to another broker'],
  7: ['REQUEST_TIMED_OUT', 'again', 'the replicas did not confirm in time'],
  8: ['BROKER_NOT_AVAILABLE', 'leader', 'the broker is not available'],
  9: ['REPLICA_NOT_AVAILABLE', 'leader', 'the replica is not available'],
  10: ['MESSAGE_TOO_LARGE', 'large', 'the batch is larger than the topic allows (max.message.bytes)'],
  13: ['NETWORK_EXCEPTION', 'leader', 'the broker was disconnected'],
  14: ['COORDINATOR_LOAD_IN_PROGRESS', 'again', 'the coordinator is loading its state'],
  15: ['COORDINATOR_NOT_AVAILABLE', 'again', 'the coordinator is not available'],
  16: ['NOT_COORDINATOR', 'leader', 'the coordinator has moved to another broker'],
  17: ['INVALID_TOPIC_EXCEPTION', 'never', 'the name cannot be one of a topic'],
  18: ['RECORD_LIST_TOO_LARGE', 'large', 'the batch is larger than a segment of the log'],
  19: ['NOT_ENOUGH_REPLICAS', 'again', 'fewer replicas are in sync than min.insync.replicas asks for'],
  20: ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'again', 'fewer replicas are in sync than min.insync.replicas asks for'],
  21: ['INVALID_REQUIRED_ACKS', 'denied', 'the broker does not take this value of acks'],
  22: ['ILLEGAL_GENERATION', 'again', 'the group has been rebalanced'],
  23: ['INCONSISTENT_GROUP_PROTOCOL', 'denied', 'the members of the group assign partitions in different ways'],
  24: ['INVALID_GROUP_ID', 'denied', 'the name cannot be one of a group'],
  25: ['UNKNOWN_MEMBER_ID', 'again', 'the group does not know us any more'],
  26: ['INVALID_SESSION_TIMEOUT', 'denied', 'the broker does not allow this session.timeout.ms'],
  27: ['REBALANCE_IN_PROGRESS', 'again', 'the group is being rebalanced'],
  29: ['TOPIC_AUTHORIZATION_FAILED', 'denied', 'we are not allowed to use the topic'],
  30: ['GROUP_AUTHORIZATION_FAILED', 'denied', 'we are not allowed to use the group'],
  31: ['CLUSTER_AUTHORIZATION_FAILED', 'denied', 'we are not allowed to do this on the cluster'],
  32: ['INVALID_TIMESTAMP', 'bad', 'the time of a message is outside of what the topic allows'],
  33: ['UNSUPPORTED_SASL_MECHANISM', 'denied', 'the broker does not offer this mechanism'],
  34: ['ILLEGAL_SASL_STATE', 'denied', 'the broker did not expect a login here'],
  35: ['UNSUPPORTED_VERSION', 'denied', 'the broker is too old or too new'],
  36: ['TOPIC_ALREADY_EXISTS', 'never', 'the topic exists already'],
  42: ['INVALID_REQUEST', 'denied', 'the broker found the request malformed'],
  43: ['UNSUPPORTED_FOR_MESSAGE_FORMAT', 'never', 'the message format of the topic is too old'],
  44: ['POLICY_VIOLATION', 'never', 'a policy of the broker forbids it'],
  45: ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'identity', 'the broker misses messages of this producer'],
  46: ['DUPLICATE_SEQUENCE_NUMBER', 'again', 'the broker has the batch already'],
  47: ['INVALID_PRODUCER_EPOCH', 'identity', 'the producer id is out of date'],
  56: ['KAFKA_STORAGE_ERROR', 'leader', 'the broker cannot write to its disk'],
  58: ['SASL_AUTHENTICATION_FAILED', 'denied', 'the broker did not accept user or password'],
  59: ['UNKNOWN_PRODUCER_ID', 'identity', 'the broker does not know the producer id any more'],
  67: ['INVALID_PRODUCER_ID_MAPPING', 'identity', 'the producer id is out of date'],
  74: ['FENCED_LEADER_EPOCH', 'leader', 'the partition has a new leader'],
  75: ['UNKNOWN_LEADER_EPOCH', 'leader', 'the partition has a new leader'],
  76: ['UNSUPPORTED_COMPRESSION_TYPE', 'denied', 'the broker does not know the compression'],
  78: ['OFFSET_NOT_AVAILABLE', 'leader', 'the partition has a new leader'],
  79: ['MEMBER_ID_REQUIRED', 'again', 'the group gave us an id'],
  81: ['GROUP_MAX_SIZE_REACHED', 'denied', 'the group has as many members as it may have'],
  82: ['FENCED_INSTANCE_ID', 'denied', 'another member has the same group.instance.id'],
  87: ['INVALID_RECORD', 'bad', 'the broker does not take this record'],
  89: ['THROTTLING_QUOTA_EXCEEDED', 'again', 'a quota is used up'],
  90: ['PRODUCER_FENCED', 'identity', 'the producer id is out of date']
}

export const TOO_LARGE = 10
export const DUPLICATE_SEQUENCE = 46

export function remedyOf(code: number): Remedy {
  return TABLE[code]?.[1] ?? 'denied'
}

/** `NAME: what it means`, with the broker's own words when it gave some. */
export function describeError(code: number, words?: string | null): string {
  const row = TABLE[code]
  const name = row?.[0] ?? `error ${code}`
  if (words !== undefined && words !== null && words !== '') return `${name}: ${words}`
  return row === undefined ? name : `${name}: ${row[2]}`
}

/** A broker's answer says no, or there is none. */
export class KafkaError extends Error {
  /** The protocol's code; undefined when no answer came. */
  readonly code: number | undefined
  /** The broker may have acted on the request. */
  readonly unsure: boolean

  constructor(message: string, { code, unsure = false }: { readonly code?: number; readonly unsure?: boolean } = {}) {
    super(message)
    this.code = code
    this.unsure = unsure
  }
}

/** Throws when the code is not 0; `what` is what was asked for. */
export function check(code: number, what: string, words?: string | null): void {
  if (code !== 0) throw new KafkaError(`${what}: ${describeError(code, words)}`, { code })
}
