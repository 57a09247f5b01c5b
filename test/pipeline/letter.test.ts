import { describe, expect, it } from 'vitest'
import { readLetter } from '../../src/pipeline/letter.ts'

describe('a line of a dead letter file', () => {
  it('is read back exactly, whatever its metadata and reason say', () => {
    const record = '{"id":12345678901234567890,"record":{"x":1}}'
    const line = `{"time":"2026-01-02T03:04:05.000000006Z","tag":"t","output":"o","reason":"no ,\\"record\\":1","attempts":1,` +
      `"stream":{"uid":"u","generation":0,"start":1,"end":2,"ordinal":0},"metadata":{"a":1,"record":{"y":2}},"record":${record}}`
    expect(readLetter(line)).toMatchObject({ reason: 'no ,"record":1', metadata: { a: 1, record: { y: 2 } }, record })
  })

  it('is undefined when it is cut short or something else', () => {
    for (const line of ['', '{', '{"time":"x"}', '{"time":"x","record":{"a":', 'text']) expect(readLetter(line)).toBeUndefined()
  })
})
