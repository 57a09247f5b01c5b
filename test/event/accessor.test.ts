import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AccessorError, compileAccessor, compileTemplate } from '../../src/event/accessor.ts'
import { Constant } from '../../src/event/constant.ts'
import { scanObject } from '../../src/event/json-scan.ts'
import { compileMatcher } from '../../src/event/matcher.ts'
import { Pool } from '../../src/event/pool.ts'
import { BLOCK, RAW_TEXT, Record } from '../../src/event/record.ts'

function recordOf(pool: Pool, value: object): Record {
  const record = new Record(pool)
  const block = Buffer.from(JSON.stringify(value))
  record.useBlock(block)
  scanObject(record, BLOCK, 0, block.length)
  return record
}

/** What an accessor finds, or undefined. */
function find(source: string, value: object): unknown {
  const pool = new Pool()
  const accessor = compileAccessor(source, pool)
  const record = recordOf(pool, value)
  return accessor.locate(record) ? accessor.value() : undefined
}

const value = { log: 'x', n: 1, k: { a: 'x', 'b.c': { d: [10, { e: null }, []] }, '': 0 }, 'a.b': true, "it's": { "it's": 2 } }

describe('compileAccessor', () => {
  it.each([
    ['log', 'x'],
    ['$log', 'x'],
    ['$n', 1],
    ['$missing', undefined],
    ["$k['a']", 'x'],
    ['$k["a"]', 'x'],
    ["k['a']", 'x'],
    ["$k['b.c']['d'][0]", 10],
    ["$k['b.c']['d'][1]['e']", null],
    ["$k['b.c']['d'][2]", []],
    ["$k['b.c']['d'][3]", undefined],
    ["$k['b.c']['d'][2][0]", undefined],
    ["$k['b.c'][0]", undefined],
    ["$k['']", 0],
    ["$k['zzz']", undefined],
    ["$log['a']", undefined],
    ["$n[0]", undefined],
    ['a.b', true],
    ["$['log']", 'x'],
    ["$it's['it''s']", 2]
  ])('%s', (source, expected) => {
    expect(find(source, value)).toEqual(expected)
  })

  it.each(['', '$', "$k['a", '$k[a]', '$k[]', '$[0]', "$k['a']x"])('refuses %j', (source) => {
    expect(() => compileAccessor(source, new Pool())).toThrow(AccessorError)
  })

  it('finds what a walk over the object finds, however the text is spelled', () => {
    const steps = fc.array(fc.oneof(fc.constantFrom('a', 'b', 'ü', '"'), fc.nat(2)), { minLength: 1, maxLength: 4 })
    const tree = fc.letrec((tie) => ({
      node: fc.oneof({ depthSize: 'small' }, fc.integer(), fc.string(), fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'ü', '"'), tie('node'), { maxKeys: 3 }))
    })).node
    fc.assert(fc.property(tree, steps, fc.constantFrom(0, 1, 2), (node, path, indent) => {
      const pool = new Pool()
      const accessor = compileAccessor(`$top${path.map((step) => (typeof step === 'number' ? `[${step}]` : `['${step}']`)).join('')}`, pool)
      const record = new Record(pool)
      const text = JSON.stringify({ top: node }, null, indent)
      const block = Buffer.from(indent === 2 ? text.replaceAll('ü', '\\u00fc') : text)
      record.useBlock(block)
      scanObject(record, BLOCK, 0, block.length)
      let expected: unknown = node
      for (const step of path) {
        const fits = typeof expected === 'object' && expected !== null && Array.isArray(expected) === (typeof step === 'number')
        expected = fits && Object.hasOwn(expected as object, step) ? (expected as { [key: string]: unknown })[step] : undefined
      }
      expect(accessor.locate(record) ? accessor.value() : undefined).toEqual(expected)
    }), { numRuns: 500 })
  })

  it('takes the last of equal keys', () => {
    const pool = new Pool()
    const accessor = compileAccessor("$k['a']", pool)
    const record = new Record(pool)
    const block = Buffer.from('{"k":{"a":1,"a":2}}')
    record.useBlock(block)
    scanObject(record, BLOCK, 0, block.length)
    expect(accessor.locate(record) && accessor.value()).toBe(2)
  })

  it('looks into constants, one after the other', () => {
    const pool = new Pool()
    const accessor = compileAccessor("$kubernetes['pod']", pool)
    const record = new Record(pool)
    record.useBlock(Buffer.alloc(0))
    const found: unknown[] = []
    const constants = [new Constant('{"pod":"a"}'), new Constant('{}'), new Constant('{"pod":"b"}')]
    for (const constant of [...constants, constants[0]!]) {
      record.reset()
      record.setConstant(pool.key('kubernetes'), constant)
      for (let i = 0; i < 2; i++) found.push(accessor.locate(record) ? accessor.text() : undefined)
    }
    expect(found).toEqual(['a', 'a', undefined, undefined, 'b', 'b', 'a', 'a'])
  })

  it('matches strings, raw or escaped, and nothing else', () => {
    const pool = new Pool()
    const accessor = compileAccessor('a', pool)
    const matcher = compileMatcher('^say "\\d"$')
    expect(accessor.matches(recordOf(pool, { a: 'say "1"' }), matcher)).toBe(true)
    expect(accessor.matches(recordOf(pool, { a: 1 }), compileMatcher('1'))).toBe(false)
    const raw = new Record(pool)
    const block = Buffer.from('say "2"')
    raw.useBlock(block)
    raw.append(pool.key('a'), BLOCK, 0, block.length, RAW_TEXT)
    expect(accessor.matches(raw, matcher)).toBe(true)
  })
})

describe('compileTemplate', () => {
  const given = { level: 'info', n: 5, k: { a: 'x', 'dot.ted': 'y' }, b: true, nil: null, o: { p: 1 } }
  const fill = (source: string, tag = 'kube.web.app', captures: RegExpExecArray | null = null): string => {
    const pool = new Pool()
    const template = compileTemplate(source, pool)
    return template.fill(recordOf(pool, given), tag, captures)
  }

  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['$TAG', 'kube.web.app'],
    ['x.$TAG[1].$TAG[9].y', 'x.web..y'],
    ['logs-$level-x', 'logs-'],
    ['logs.$level.x', 'logs.info.x'],
    ["$k['a']-$n", 'x-5'],
    ["$k['dot.ted'].end", 'y.end'],
    ['$b $nil $o', 'true null {"p":1}'],
    ['$missing!', '!'],
    ['100$ or $.', '100$ or $.'],
    ['$level,$n', 'info,5'],
    ['$TAGS', '']
  ])('%j', (source, expected) => {
    expect(fill(source)).toBe(expected)
  })

  it('fills in captures', () => {
    expect(fill('new.$1.$0.$3', 'app', /(b)(.)/.exec('abc'))).toBe('new.b.bc.')
  })

  it('says when a value is missing', () => {
    const pool = new Pool()
    const template = compileTemplate('a.$missing', pool)
    expect(template.fillAll(recordOf(pool, given), 'app')).toBeUndefined()
    expect(compileTemplate('a.$n', pool).fillAll(recordOf(pool, given), 'app')).toBe('a.5')
  })

  it('knows whether it is constant or looks into the record', () => {
    const pool = new Pool()
    expect(compileTemplate('a.b', pool).constant).toBe('a.b')
    expect(compileTemplate('a.$TAG', pool).constant).toBeUndefined()
    expect([compileTemplate('$TAG', pool).needsRecord, compileTemplate('$a', pool).needsRecord]).toEqual([false, true])
  })

  it('refuses a bracket that is not closed', () => {
    expect(() => compileTemplate("$a['b", new Pool())).toThrow(AccessorError)
  })
})
