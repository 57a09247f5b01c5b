import { expect, it } from 'vitest'
import { readChunk } from '../../../src/agent/fluent-bit-backlog/chunk.ts'
import { chunkBytes, eventBytes } from '../../support/fluent-bit-chunk.ts'

const records = [eventBytes({ log: 'a' })]

it('has a tag and a content', () => {
  const bytes = chunkBytes({ tag: 'kube.app', records, slack: 100 })
  const chunk = readChunk(bytes)
  expect(chunk).toEqual({ tag: 'kube.app', isLogs: true, start: 36, end: 36 + records[0]!.length })
})

it('has routes behind the tag when they were decided by conditions', () => {
  expect(readChunk(chunkBytes({ tag: 'kube.app', records, routes: Buffer.from([0, 4, 0, 1, 0, 1]) }))).toMatchObject({ tag: 'kube.app' })
})

it('of an old version has no length of its content, which then goes to the end', () => {
  const bytes = chunkBytes({ tag: 'kube.app', records, old: true, slack: 8 })
  expect(readChunk(bytes)).toEqual({ tag: 'kube.app', isLogs: true, start: 32, end: bytes.length })
})

it('may hold something else than logs', () => {
  expect(readChunk(chunkBytes({ tag: 'm', records, type: 1 }))).toMatchObject({ isLogs: false })
})

it('is none when it is torn or something else', () => {
  const bytes = chunkBytes({ tag: 'kube.app', records })
  expect(readChunk(Buffer.alloc(0))).toBe('it has no header of a chunk')
  expect(readChunk(Buffer.alloc(100))).toBe('it has no header of a chunk')
  expect(readChunk(bytes.subarray(0, 30))).toBe('it ends within its metadata')
  expect(readChunk(bytes.subarray(0, bytes.length - 3))).toBe('it ends 3 bytes before its content does')
})
