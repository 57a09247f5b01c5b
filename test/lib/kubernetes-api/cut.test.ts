import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eachItem, eachLine } from '../../../src/lib/kubernetes-api/cut.ts'

/** The bytes of a text in pieces of the given sizes, over and over. */
async function * pieces (text: string, sizes: readonly number[]): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text)
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function lines (text: string, sizes: readonly number[] = [7]): Promise<string[]> {
  const found: string[] = []
  for await (const line of eachLine(pieces(text, sizes))) found.push(line)
  return found
}

async function list (text: string, sizes: readonly number[] = [7]): Promise<{ items: unknown[], rest: unknown }> {
  const generator = eachItem(pieces(text, sizes))
  const items: unknown[] = []
  let next = await generator.next()
  for (; next.done !== true; next = await generator.next()) items.push(JSON.parse(next.value))
  return { items, rest: JSON.parse(next.value) }
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })

describe('lines', () => {
  it('are given whole, however the pieces are cut', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' }).map((s) => s.replaceAll('\n', ' ')), { maxLength: 8 }), sizes, async (all, cut) => {
      expect(await lines(all.map((one) => `${one}\n`).join(''), cut)).toEqual(all)
    }))
  })

  it('without an end are not given', async () => {
    expect(await lines('{"a":1}\n{"b":')).toEqual(['{"a":1}'])
  })

  it('that never end are given up', async () => {
    await expect(lines('x'.repeat(9_000_000), [65536])).rejects.toThrow('too large')
  })
})

describe('items', () => {
  it('are given one by one, with the rest of the list at the end, however the pieces are cut', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 5 }), sizes, async (items, cut) => {
      const metadata = { resourceVersion: '5', continue: '"[{' }
      const text = JSON.stringify({ kind: 'PodList', metadata, items })
      expect(await list(text, cut)).toEqual({ items: JSON.parse(JSON.stringify(items)) as unknown, rest: { kind: 'PodList', metadata, items: [] } })
      expect(await list(JSON.stringify({ items, metadata }, null, 1), cut)).toMatchObject({ rest: { items: [], metadata } })
    }))
  })

  it('of a list that was cut off are followed by a failure', async () => {
    await expect(list('{"metadata":{},"items":[{"a":1},{"b"')).rejects.toThrow('cut off')
    await expect(list('')).rejects.toThrow('cut off')
  })

  it('that never end are given up', async () => {
    await expect(list(`{"items":[{"a":"${'x'.repeat(9_000_000)}`, [65536])).rejects.toThrow('too large')
  })
})
