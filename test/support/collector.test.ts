import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Collector } from './collector.ts'

let collector: Collector

beforeEach(async () => { collector = await Collector.start() })
afterEach(() => collector.stop())

const post = (route: string, body: string, timeout = 5000): Promise<Response> =>
  fetch(collector.url + route, { method: 'POST', body, signal: AbortSignal.timeout(timeout) })
const bulk = (...numbers: number[]): string => numbers.map((n) => `{"create":{"_id":"id-${n}"}}\n{"log":"w ${n} xx"}\n`).join('')

describe('a collector', () => {
  it('takes JSON in any framing', async () => {
    await post('/', '[{"log":"w 0 xx"},{"log":"w 1 xx"}]')
    await post('/', '{"log":"w 2 xx"}\n{"log":"w 3 xx"}\n')
    expect(collector.checker.missing([{ name: 'w', count: 4 }])).toEqual([])
  })

  it('answers a bulk request per item, and a document with a known id with 409', async () => {
    const first = await (await post('/_bulk', bulk(0, 1))).json() as { errors: boolean }
    expect(first.errors).toBe(false)
    const second = await (await post('/_bulk', bulk(1, 2))).json() as { errors: boolean, items: { create: { status: number } }[] }
    expect(second.items.map((item) => item.create.status)).toEqual([409, 201])
    expect([collector.records, collector.ids.size, collector.conflicts]).toEqual([3, 3, 1])
  })

  it('refuses poison for ever and every third item while items fail', async () => {
    collector.poison = 'w 1 x'
    await collector.fail('items')
    const { items } = await (await post('/_bulk', bulk(0, 1, 2, 3))).json() as { items: { create: { status: number } }[] }
    expect(items.map((item) => item.create.status)).toEqual([201, 400, 429, 201])
  })

  it('fails in every way and recovers', async () => {
    await collector.fail('500')
    expect((await post('/', '{}')).status).toBe(500)
    await collector.fail('429')
    expect((await post('/', '{}')).headers.get('retry-after')).toBe('1')
    await collector.fail('refuse')
    await expect(post('/', '{}')).rejects.toThrow()
    await collector.fail('hang')
    await expect(post('/', '{}', 200)).rejects.toThrow()
    await collector.fail('drop')
    await expect(post('/', '{"log":"w 0 xx"}')).rejects.toThrow()
    expect(collector.records).toBe(0)
    await collector.fail('cut')
    const cut = post('/', '{"log":"w 0 xx"}').then((response) => response.text())
    await expect(cut).rejects.toThrow()
    expect(collector.records).toBe(1)
    await collector.fail('none')
    expect((await post('/', '{"log":"w 1 xx"}')).status).toBe(200)
  })
})
