import { expect, test } from 'vitest'
import { BULK_LIMITS, ElasticsearchOutput } from '../../../src/outputs/elasticsearch/output.ts'
import { es } from '../../../src/outputs/es.ts'
import { makeBatch } from '../../event/make-batch.ts'
import { never, optionsOf, outputContext } from '../output-context.ts'

test('a request of the largest batch stays near a megabyte', () => {
  expect(BULK_LIMITS.maxBytes).toBeLessThanOrEqual(1024 * 1024)
})

test('the cloud ID says where the server is', async () => {
  const id = 'logs:' + Buffer.from('cloud.invalid:9243$abc$kibana').toString('base64')
  const output = new ElasticsearchOutput(optionsOf(es, { cloud_id: id }), outputContext())
  const verdict = await output.write(makeBatch([{ body: {} }]), never)
  expect(verdict.kind === 'retry' && verdict.reason).toContain('cannot connect to abc.cloud.invalid:9243')
  await output.close()
})
