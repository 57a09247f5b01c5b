import { expect, test } from 'vitest'
import { readBulkAnswer } from '../../../src/outputs/elasticsearch/bulk-answer.ts'
import { DELIVERED, REFUSED, REPEATED, RETRY } from '../../../src/plugin/output.ts'
import { outcomes } from '../output-context.ts'

function read(body: unknown, count: number, status = 200, headers: { [name: string]: string } = {}): ReturnType<typeof readBulkAnswer> {
  return readBulkAnswer({ status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) }, count)
}

function items(...statuses: [number, string?, string?][]): object {
  return {
    errors: true,
    items: statuses.map(([status, type, reason]) => ({ create: { status, ...(type === undefined ? {} : { error: { type, reason } }) } }))
  }
}

test('no errors: all delivered, whatever follows', () => {
  expect(read('{"errors":false,"took":3,"items":[', 5)).toEqual({ verdict: { kind: 'delivered' }, failures: false })
  expect(read('{ "took" : 3, "errors" : false }', 5).verdict.kind).toBe('delivered')
})

test('every item has its own outcome', () => {
  const { verdict } = read(items([201], [409, 'version_conflict_engine_exception'], [429, 'es_rejected_execution_exception', 'busy'],
    [400, 'document_parsing_exception', 'failed to parse [n]'], [503, 'unavailable_shards_exception'], [200],
    [400, 'index_closed_exception'], [404, 'index_not_found_exception'], [403, 'cluster_block_exception'], [404, 'document_missing_exception']), 10)
  expect(outcomes(verdict)).toEqual([DELIVERED, REPEATED, RETRY, REFUSED, RETRY, DELIVERED, RETRY, RETRY, RETRY, REFUSED])
  expect(verdict).toMatchObject({ throttled: true })
  expect(verdict.kind === 'partial' && verdict.reasons.get(3)).toBe('document_parsing_exception: failed to parse [n]')
  expect(verdict.kind === 'partial' && [...verdict.reasons.keys()]).toEqual([2, 3, 4, 6, 7, 8, 9])
})

test('a reason names its cause', () => {
  const error = { type: 'document_parsing_exception', reason: 'failed', caused_by: { type: 'number_format_exception', reason: 'x' } }
  const { verdict } = read({ errors: true, items: [{ index: { status: 400, error } }] }, 1)
  expect(verdict.kind === 'partial' && verdict.reasons.get(0)).toBe('document_parsing_exception: failed, because of number_format_exception: x')
})

test('an answer that is cut, none, or of another length is tried again and may have been taken', () => {
  for (const body of ['', '{"errors":true,"items":[{"cre', '<html>', '[]', 'null', '{"errors":true}', JSON.stringify(items([201]))]) {
    expect(read(body, 2).verdict).toMatchObject({ kind: 'retry', unsure: true })
  }
})

test('a document cannot say that all is well', () => {
  const told = JSON.stringify({ items: [{ create: { status: 400, error: { type: 't', reason: '"errors":false' } } }], errors: true })
  expect(outcomes(read(told, 1).verdict)).toEqual([REFUSED])
})

test('statuses of the whole request', () => {
  expect(read('big', 9, 413).verdict.kind).toBe('too_large')
  expect(read('bad', 9, 400).verdict.kind).toBe('too_large')
  expect(read('', 9, 429, { 'retry-after': '7' }).verdict).toMatchObject({ kind: 'retry', after: 7000, throttled: true })
  expect(read('down', 9, 503).verdict).toMatchObject({ kind: 'retry', reason: 'HTTP 503: down' })
  expect(read('', 9, 504).verdict).toMatchObject({ kind: 'retry', unsure: true })
  for (const status of [401, 403, 404, 405]) {
    const { verdict, alarm } = read('no', 9, status)
    expect(verdict.kind).toBe('retry')
    expect(alarm).toContain(String(status))
  }
})
