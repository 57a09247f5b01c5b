import { describe, expect, it } from 'vitest'
import { bodyOf, build, fill, run, type Properties } from './support.ts'

const sha256OfAlice = '2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90'

describe('processor content_modifier', () => {
  it.each<[Properties, string, string]>([
    [{ action: 'insert', key: 'b', value: 'x' }, '{"a":1}', '{"a":1,"b":"x"}'],
    [{ action: 'insert', key: 'a', value: 'x' }, '{"a":1}', '{"a":1}'],
    [{ action: 'upsert', key: 'a', value: 'x' }, '{"a":1,"b":2}', '{"b":2,"a":"x"}'],
    [{ action: 'delete', key: 'a' }, '{"a":1,"b":2}', '{"b":2}'],
    [{ action: 'delete', key: 'z' }, '{"a":1}', '{"a":1}'],
    [{ action: 'rename', key: 'a', value: 'z' }, '{"a":1,"b":2}', '{"z":1,"b":2}'],
    [{ action: 'rename', key: 'b', value: 'a' }, '{"a":1,"b":2}', '{"a":2}'],
    [{ action: 'hash', key: 'a' }, '{"a":"alice","b":2}', `{"a":"${sha256OfAlice}","b":2}`],
    [{ action: 'hash', key: 'a' }, '{"a":""}', '{"a":""}'],
    [{ action: 'extract', key: 'm', pattern: 'id=(?<id>\\d+)(?: n=(?<n>\\w+))?' }, '{"n":0,"m":"id=4 n=b"}', '{"m":"id=4 n=b","id":"4","n":"b"}'],
    [{ action: 'extract', key: 'm', pattern: 'id=(?<id>\\d+)(?: n=(?<n>\\w+))?' }, '{"n":0,"m":"id=4"}', '{"n":0,"m":"id=4","id":"4"}'],
    [{ action: 'extract', key: 'm', pattern: '(?<id>\\d)' }, '{"m":"none"}', '{"m":"none"}'],
    [{ action: 'extract', key: 'm', pattern: '(?<id>\\d)' }, '{"m":5}', '{"m":5}'],
    [{ action: 'convert', key: 'a', converted_type: 'int' }, '{"a":"42","b":1}', '{"b":1,"a":42}'],
    [{ action: 'convert', key: 'a', converted_type: 'int' }, '{"a":"4x"}', '{"a":"4x"}'],
    [{ action: 'convert', key: 'a', converted_type: 'int' }, '{"a":2.9}', '{"a":2}'],
    [{ action: 'convert', key: 'a', converted_type: 'int' }, '{"a":true}', '{"a":1}'],
    [{ action: 'convert', key: 'a', converted_type: 'double' }, '{"a":"1.5"}', '{"a":1.5}'],
    [{ action: 'convert', key: 'a', converted_type: 'double' }, '{"a":2}', '{"a":2.0}'],
    [{ action: 'convert', key: 'a', converted_type: 'double' }, '{"a":"none"}', '{"a":"none"}'],
    [{ action: 'convert', key: 'a', converted_type: 'string' }, '{"a":{"b":1}}', '{"a":"{\\"b\\":1}"}'],
    [{ action: 'convert', key: 'a', converted_type: 'string' }, '{"a":1.50}', '{"a":"1.50"}'],
    [{ action: 'convert', key: 'a', converted_type: 'boolean' }, '{"a":"TRUE"}', '{"a":true}'],
    [{ action: 'convert', key: 'a', converted_type: 'boolean' }, '{"a":"no"}', '{"a":false}'],
    [{ action: 'convert', key: 'a', converted_type: 'boolean' }, '{"a":null}', '{"a":null}'],
    [{ action: 'convert', key: 'z', converted_type: 'int' }, '{"a":1}', '{"a":1}']
  ])('%j makes of %s: %s', async (properties, line, expected) => {
    expect(await run('content_modifier', properties, [line])).toEqual([expected])
  })

  it('changes the metadata instead when asked to', async () => {
    const built = await build('content_modifier', { action: 'upsert', context: 'attributes', key: 'env', value: 'prod' })
    const filter = built.filter.forTag('app')
    const metadata: string[] = []
    for (const before of ['', '{"env":"x","a":"ü"}']) {
      fill(built.record, '{"env":1}')
      built.record.metadata = before
      filter(built.record)
      metadata.push(built.record.metadata)
      expect(bodyOf(built.record)).toBe('{"env":1}')
    }
    expect(metadata).toEqual(['{"env":"prod"}', '{"a":"ü","env":"prod"}'])
  })

  it('leaves no metadata behind when its last key goes', async () => {
    const built = await build('content_modifier', { action: 'delete', context: 'metadata', key: 'a' })
    fill(built.record, '{}')
    built.record.metadata = '{"a":1}'
    built.filter.forTag('app')(built.record)
    expect(built.record.metadata).toBe('')
  })

  it.each<[Properties, string]>([
    [{ action: 'insert', key: 'a' }, 'action'],
    [{ action: 'extract', key: 'a' }, 'action'],
    [{ action: 'extract', key: 'a', pattern: '(' }, 'pattern'],
    [{ action: 'convert', key: 'a' }, 'action']
  ])('refuses %j', async (properties, option) => {
    await expect(build('content_modifier', properties)).rejects.toMatchObject({ option })
  })
})
