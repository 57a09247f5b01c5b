/** Settings of clients for tests: short waits, no TLS, no login. */
import { expect } from 'vitest'
import type { ClusterSettings } from '../../../src/lib/kafka/cluster.ts'
import type { ProducerSettings } from '../../../src/lib/kafka/producer.ts'

export function clusterOf (ports: readonly number[], set: Partial<ClusterSettings> = {}): ClusterSettings {
  return {
    bootstrap: ports.map((port) => ({ host: '127.0.0.1', port })),
    clientId: 'test', tls: undefined, login: undefined, connectTimeout: 2000, requestTimeout: 2000,
    metadataAge: 300_000, createTopics: true, topicWait: 300, ...set
  }
}

export function producerOf (set: Partial<ProducerSettings> = {}): ProducerSettings {
  return {
    acks: -1, idempotence: 'preferred', ackTimeout: 1000, deliveryTimeout: 5000, retryBackoff: 5, retryBackoffMax: 20,
    warn: () => {}, ...set
  }
}

/** Any text with this in it. */
export const containing = (part: string): unknown => expect.stringContaining(part) as unknown
