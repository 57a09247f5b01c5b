import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { compileDateFormat } from '../../src/lib/strftime.ts'

const TIMES = [0, 951_782_399, 1_104_537_600, 1_230_768_000, 1_795_341_600, 1_798_761_599, 1_798_761_600, 4_102_444_800]
const CONVERSIONS = 'YCymBbhdejAauwUWGgVHkIlpPMSsDFRTXrxczZ%n'

test.skipIf(process.platform !== 'linux')('agrees with date(1) in every conversion', () => {
  const format = CONVERSIONS.split('').map((c) => `${c}=%${c}`).join('|')
  for (const time of TIMES) {
    const told = execFileSync('date', ['-u', '-d', `@${time}`, `+${format}`], { env: { LC_ALL: 'C' } }).toString()
    const theirs = told.slice(0, -1)
    expect(compileDateFormat(format).format(time)).toBe(theirs)
  }
})

test('writes fractions of a second', () => {
  expect(compileDateFormat('%S.%L %N').format(1, 23_456_789)).toBe('01.023 023456789')
})

test('leaves what it does not know as it is', () => {
  expect(compileDateFormat('logs-%Q-100%').format(0)).toBe('logs-%Q-100%')
})

test('says how long a text stays the same', () => {
  const grain = (format: string): number => compileDateFormat(format).grain
  expect([grain('x'), grain('%Y.%m.%d'), grain('%d-%H'), grain('%R'), grain('%T'), grain('%T.%L')])
    .toEqual([86_400, 86_400, 3600, 60, 1, 0])
})
