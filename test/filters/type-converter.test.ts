import { describe, expect, it } from 'vitest'
import { build, run } from './support.ts'

describe('filter type_converter', () => {
  it.each<[string, string, string, string]>([
    ['str_key', 'int', '"42"', '42'],
    ['str_key', 'int', '"-42x"', '-42'],
    ['str_key', 'int', '"9007199254740993"', '9007199254740993'],
    ['str_key', 'uint', '"42"', '42'],
    ['str_key', 'uint', '"-1"', '"-1"'],
    ['str_key', 'float', '"1.5"', '1.5'],
    ['str_key', 'float', '"2"', '2.0'],
    ['str_key', 'int', '"none"', '"none"'],
    ['str_key', 'string', '"a\\"b"', '"a\\"b"'],
    ['str_key', 'int', '5', '5'],
    ['int_key', 'string', '12345678901234567890', '"12345678901234567890"'],
    ['int_key', 'string', '-7', '"-7"'],
    ['int_key', 'float', '3', '3.0'],
    ['int_key', 'string', '2.5', '2.5'],
    ['int_key', 'string', '"2"', '"2"'],
    ['uint_key', 'string', '7', '"7"'],
    ['uint_key', 'string', '-7', '-7'],
    ['float_key', 'string', '2.75', '"2.75"'],
    ['float_key', 'string', '3.0', '"3.0"'],
    ['float_key', 'int', '2.75', '2'],
    ['float_key', 'int', '-1e2', '-100'],
    ['float_key', 'string', '3', '3']
  ])('%s to %s makes of %s: %s', async (option, type, value, expected) => {
    expect(await run('type_converter', { [option]: `a b ${type}` }, [`{"a":${value}}`])).toEqual([`{"a":${value},"b":${expected}}`])
  })

  it('looks below keys and leaves records without the value as they are', async () => {
    expect(await run('type_converter', { str_key: "$k['a'] b int" }, ['{"k":{"a":"1"}}', '{"k":1}']))
      .toEqual(['{"k":{"a":"1"},"b":1}', '{"k":1}'])
  })

  it('names a type that there is not, and the lack of rules', async () => {
    await expect(build('type_converter', { int_key: 'a b date' })).rejects.toMatchObject({ option: 'int_key' })
    await expect(build('type_converter', {})).rejects.toThrow('At least one rule')
  })
})
