import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseMessage } from '../../../src/inputs/kmsg/message.ts'

/** Reads into a buffer that still holds longer messages of before, as the input does. */
function parse(text: string, rest = ';stale\n;stale'.repeat(10)): { readonly [name: string]: unknown } | undefined {
  const bytes = Buffer.from(text + rest, 'latin1')
  const message = parseMessage(bytes, text.length)
  if (message === undefined) return undefined
  const { start, end, ...numbers } = message
  return { ...numbers, text: bytes.toString('latin1', start, end) }
}

describe('a message', () => {
  it('has its priority without the facility, its number, its time and its text', () => {
    expect(parse('6,339,5140900,-;hello\n')).toEqual({ priority: 6, sequence: 339, micros: 5_140_900, text: 'hello' })
    // facility 3 (daemon), priority 6
    expect(parse('30,340,5690716,-;udevd\n')).toMatchObject({ priority: 6, text: 'udevd' })
    expect(parse('0,18446744,99999999999,-;x\n')).toMatchObject({ sequence: 18_446_744, micros: 99_999_999_999 })
  })

  it('may have flags and more members before its text, which may have semicolons', () => {
    expect(parse('6,1,2,c,caller=T1;a;b\n')).toMatchObject({ text: 'a;b' })
    expect(parse('6,1,2,+;continued\n')).toMatchObject({ text: 'continued' })
    expect(parse('6,1,2;short\n')).toMatchObject({ text: 'short' })
  })

  it('ends where its dictionary begins, and where it was cut', () => {
    expect(parse('6,1,2,-;text\n SUBSYSTEM=net\n DEVICE=n1\n')).toMatchObject({ text: 'text' })
    expect(parse('6,1,2,-;without an end')).toMatchObject({ text: 'without an end' })
    expect(parse('6,1,2,-;\n')).toMatchObject({ text: '' })
  })

  it.each(['', '6,1,2,-', 'text', ';text\n', '6,1;text\n', 'a,1,2,-;text\n', '6,1,2x;text\n', '-6,1,2,-;text\n', ' 6,1,2,-;text\n'])('is not: "%s"', (text) => {
    expect(parse(text)).toBeUndefined()
  })

  it('is read back from its parts, whatever follows in the buffer', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ';', ',', '\\x0a', ' ', '=') })
    fc.assert(fc.property(fc.nat(191), fc.maxSafeNat(), fc.maxSafeNat(), text, fc.string(), (code, sequence, micros, said, rest) => {
      expect(parse(`${code},${sequence},${micros},-;${said}\n`, rest)).toEqual({ priority: code % 8, sequence, micros, text: said })
    }))
  })
})
