/** Sends records to Elasticsearch (7, 8, 9) by its bulk API, through the transport of @elastic/elasticsearch. */
import { defineOutput } from '../plugin/output.ts'
import { NODE_OPTIONS, elasticOptions, elasticsearchOptions } from './elasticsearch/options.ts'
import { BULK_LIMITS, ElasticsearchOutput } from './elasticsearch/output.ts'

export const es = defineOutput({
  name: 'es',
  summary: 'Index records in Elasticsearch, with a verdict for each of them.',
  description:
    'Every record gets an id made of its place in its source, so that one sent twice is stored once. Items that the '
    + 'server is too busy for are sent again, items that it refuses become dead letters with its reason, and what it has '
    + 'already counts as delivered.',
  options: { ...elasticsearchOptions, ...elasticOptions },
  network: { port: 9200, nodes: NODE_OPTIONS },
  examples: [
    { title: 'An index per day', config: "name: es\nmatch: '*'\nhost: elasticsearch\nlogstash_format: on\nlogstash_prefix: app" },
    { title: 'An index per namespace', config: "name: es\nmatch: 'kube.*'\nhost: elasticsearch\nindex: logs-$kubernetes['namespace_name']" }
  ],
  limits: () => BULK_LIMITS,
  create: (options, context) => new ElasticsearchOutput(options, context)
})
