import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { metricNames, specOf, type MetricSpec } from '../../src/metrics/names.ts'

const source = path.join(import.meta.dirname, '../../src')
const table: Readonly<Record<string, MetricSpec>> = metricNames

describe('the table of metrics', () => {
  it('has every metric that the sources keep', () => {
    const used = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).flatMap((name) => {
      const text = readFileSync(path.join(source, name), 'utf8')
      return [...text.matchAll(/\.(?:counter|gauge|gauges|histogram)(?:\?\.)?\(\s*'(\w+)'/g), ...text.matchAll(/\bemit\('(\w+)'/g)].map(([, metric]) => metric!)
    })
    expect(used.length).toBeGreaterThan(30)
    expect([...new Set(used)].filter((metric) => !(metric in table))).toEqual([])
  })

  it('says of each what it is, in a sentence, with buckets where they belong', () => {
    for (const [name, { kind, help, buckets }] of Object.entries(table)) {
      expect(help, name).toMatch(/^[A-Z].*\.$/)
      expect(kind === 'histogram', name).toBe(buckets !== undefined)
      expect(name.endsWith('_total'), name).toBe(kind === 'counter')
    }
  })

  it('makes do for a name that it does not have', () => {
    expect(specOf('fantail_lua_calls_total', 'counter')).toEqual({ kind: 'counter', instance: 'name', help: 'fantail lua calls total.' })
  })
})
