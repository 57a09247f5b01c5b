import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sizeOfString } from '../../../src/outputs/cloudwatch-logs/messages.ts'
import { makeBatch } from '../../event/make-batch.ts'
import { readMessage, valuesOf, whole, withoutEntity } from './make-messages.ts'

test('the whole record is its JSON, and its size that of the text in UTF-8', () => {
  fc.assert(fc.property(fc.array(fc.record({ body: fc.dictionary(fc.string(), fc.jsonValue()), shared: fc.option(fc.string()) }), { minLength: 1, maxLength: 5 }), (records) => {
    const batch = makeBatch(records.map(({ body, shared }) => ({ body: { ...body }, ...(shared === null ? {} : { constant: JSON.stringify(shared) }) })))
    const messages = whole(batch)
    for (let i = 0; i < batch.count; i++) {
      expect(readMessage(messages, i)).toBe(batch.bodyText(i))
      expect(messages.size(i)).toBe(Buffer.byteLength(batch.bodyText(i)))
      expect(messages.text(i).toString()).toBe(batch.bodyText(i))
    }
  }), { numRuns: 100 })
})

test('messages repeat when constants are a fifth of them or more', () => {
  const constant = JSON.stringify({ pod: 'p'.repeat(100) })
  expect(whole(makeBatch([{ body: { n: 1 }, constant }, { body: { n: 2 }, constant }])).repeat).toBe(true)
  expect(whole(makeBatch([{ body: { n: 'x'.repeat(600) }, constant }, { body: { n: 2 } }])).repeat).toBe(false)
  expect(whole(makeBatch([{ body: { n: 1 } }])).repeat).toBe(false)
})

test('what names the entity is left out, in records that have it', () => {
  const constant = JSON.stringify({ pod_name: 'p', aws_entity_service_name: 's', aws_entity_platform: 'eks' })
  const batch = makeBatch([
    { body: JSON.stringify({ log: 'x', kubernetes: JSON.parse(constant) as object, aws_entity_account_id: '1' }) }, { body: { log: 'y"\n' } }
  ])
  const messages = withoutEntity(batch)
  expect(readMessage(messages, 0)).toBe('{"log":"x","kubernetes":{"pod_name":"p"}}')
  expect(readMessage(messages, 1)).toBe('{"log":"y\\"\\n"}')
  expect([0, 1].map((i) => messages.size(i))).toEqual([0, 1].map((i) => readMessage(messages, i).length))
})

test('one value is a string\'s characters or another\'s JSON, a space when empty, and none when it is not there', () => {
  const messages = valuesOf(makeBatch([{ body: { v: 'a "é"\n' } }, { body: { v: { x: [1] } } }, { body: { v: '' } }, { body: {} }, { body: { v: null } }]), 'v')
  expect([0, 1, 2, 4].map((i) => readMessage(messages, i))).toEqual(['a "é"\n', '{"x":[1]}', ' ', 'null'])
  expect([0, 1, 2, 3, 4].map((i) => messages.size(i))).toEqual([7, 9, 1, -1, 4])
  expect(messages.text(0).toString()).toBe('a "é"\n')
})

test('the size of an escaped string is that of its text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, all) => {
    const escaped = all
      ? Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')
      : JSON.stringify(text).slice(1, -1)
    const bytes = Buffer.from(`..${escaped}..`)
    expect(sizeOfString(bytes, 2, bytes.length - 2)).toBe(Buffer.byteLength(text))
  }))
})
