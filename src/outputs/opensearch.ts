/** Sends records to OpenSearch by its bulk API, through the transport of @elastic/elasticsearch without its product check. */
import { defineOutput } from '../plugin/output.ts'
import { NODE_OPTIONS, elasticsearchOptions } from './elasticsearch/options.ts'
import { BULK_LIMITS, ElasticsearchOutput } from './elasticsearch/output.ts'

export const opensearch = defineOutput({
  name: 'opensearch',
  summary: 'Index records in OpenSearch, with a verdict for each of them.',
  description: 'As es: ids made of the record\'s place in its source, and a verdict per record.',
  options: elasticsearchOptions,
  network: { port: 9200, nodes: NODE_OPTIONS },
  examples: [
    { title: 'An index per day', config: "name: opensearch\nmatch: '*'\nhost: opensearch\nlogstash_format: on\nlogstash_prefix: app" }
  ],
  limits: () => BULK_LIMITS,
  create: (options, context) => new ElasticsearchOutput(options, context)
})
