import { expect, test } from 'vitest'
import { printed } from '../../../src/outputs/shared/printed.ts'

test.each([
  ['{}', '{}'],
  ['{"a":"x, y: z","b":[1,-2,2.5,1e3,true,null],"c":{"d":{}}}', '{"a"=>"x, y: z", "b"=>[1, -2, 2.500000, 1000.000000, true, nil], "c"=>{"d"=>{}}}'],
  ['{"n\\"l":"null \\u00e4 \\\\"}', '{"n"l"=>"null ä \\"}'],
  ['{ "a" :\n [ 1 ] }', '{"a"=>[1]}'],
  ['{"n":12345678901234567890}', '{"n"=>12345678901234567890}']
])('prints %s', (json, text) => {
  expect(printed(json)).toBe(text)
})
