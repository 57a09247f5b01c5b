import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PluginError } from '../../src/plugin/context.ts'
import { build, run, through } from './support.ts'

const lines = [
  { level: 'info', msg: 'hello', k: { a: 'x' } },
  { level: 'error', msg: 'bad "thing"' },
  { msg: 'no level', n: 3 }
]

async function kept(properties: Parameters<typeof run>[1]): Promise<number[]> {
  const bodies = await run('grep', properties, lines)
  return bodies.flatMap((body, i) => (body === undefined ? [] : [i]))
}

describe('filter grep', () => {
  it.each<[string, Parameters<typeof run>[1], number[]]>([
    ['keeps what matches', { regex: 'level ^(info|warn)$' }, [0]],
    ['drops what matches', { exclude: 'level ^info$' }, [1, 2]],
    ['looks below a key', { regex: "$k['a'] x" }, [0]],
    ['sees through escapes', { regex: 'msg "thing"$' }, [1]],
    ['does not match numbers', { regex: 'n 3' }, []],
    ['drops what any exclude rule matches', { exclude: ['level info', 'msg bad'] }, [2]],
    ['asks no rule behind a regex that matches', { regex: 'level info', exclude: 'msg hello' }, [0]],
    ['drops before a later regex is asked', { regex: ['level info', 'msg bad'] }, [0]],
    ['AND needs every rule', { logical_op: 'AND', regex: ['level info', 'msg hello'] }, [0]],
    ['OR needs one rule', { logical_op: 'OR', regex: ['level info', 'msg bad'] }, [0, 1]],
    ['AND drops only what every rule excludes', { logical_op: 'and', exclude: ['level info', 'msg bad'] }, [0, 1, 2]],
    ['OR drops what one rule excludes', { logical_op: 'or', exclude: ['level info', 'msg bad'] }, [2]],
    ['keeps all without rules', {}, [0, 1, 2]],
    ['keeps all without rules in OR', { logical_op: 'OR' }, [0, 1, 2]]
  ])('%s', async (_, properties, expected) => {
    expect(await kept(properties)).toEqual(expected)
  })

  it('asks rules in the order written', async () => {
    expect(await kept({ exclude: 'msg hello', regex: 'level info' })).toEqual([])
  })

  it('refuses to mix kinds with AND and OR', async () => {
    await expect(build('grep', { logical_op: 'OR', regex: 'a b', exclude: 'c d' })).rejects.toThrow(PluginError)
  })

  it('says which option has a wrong regular expression', async () => {
    await expect(build('grep', { exclude: 'a (' })).rejects.toMatchObject({ option: 'exclude' })
  })

  it('leaves records as they are, and does as a filter over objects does', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '"', '\n', 'ü'), maxLength: 5 })
    const record = fc.record({ a: fc.oneof(text, fc.integer(), fc.constant(null)), b: text }, { requiredKeys: [] })
    const built = await build('grep', { exclude: ['a ^ab', 'b ü$'] })
    fc.assert(fc.property(fc.array(record, { maxLength: 5 }), (records) => {
      const expected = records.map((object) => {
        const gone = (typeof object.a === 'string' && /^ab/m.test(object.a)) || (object.b !== undefined && /ü$/m.test(object.b))
        return gone ? undefined : JSON.stringify(object)
      })
      expect(through(built, records)).toEqual(expected)
    }))
  })
})
