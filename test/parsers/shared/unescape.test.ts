import { describe, expect, it } from 'vitest'
import { unescape, unescapeUtf8, unquoteMysql } from '../../../src/parsers/shared/unescape.ts'

describe('unescape', () => {
  it.each([
    ['a\\nb\\tc\\\\d', 'a\nb\tc\\d'],
    ['\\"x\\"', '"x"'],
    ['end\\', 'end'],
    ['\\u0041', 'u0041']
  ])('%j is %j', (text, expected) => {
    expect(unescape(text)).toBe(expected)
  })
})

describe('unescapeUtf8', () => {
  it.each([
    ['\\u00e9\\u4e2d', 'é中'],
    ['\\ud83d\\ude00', '😀'],
    ['\\ud83d!', '\ufffd!'],
    ['\\u12', '\ufffd'],
    ['\\x41\\101\\U0001f600', 'AA😀'],
    ['\\"\\/\\\\n', '"/\\n'],
    ['plain é', 'plain é']
  ])('%j is %j', (text, expected) => {
    expect(unescapeUtf8(text)).toBe(expected)
  })
})

describe('unquoteMysql', () => {
  it.each([
    ["'a\\'b'", "a'b"],
    ['"a\\"b\\0"', 'a"b\0'],
    ["'open", "'open"],
    ['bare\\n', 'bare\\n'],
    ["'", "'"]
  ])('%j is %j', (text, expected) => {
    expect(unquoteMysql(text)).toBe(expected)
  })
})
