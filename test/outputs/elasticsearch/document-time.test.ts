import { expect, test } from 'vitest'
import { compileDateFormat } from '../../../src/lib/strftime.ts'
import { DocumentTime } from '../../../src/outputs/elasticsearch/document-time.ts'

test.each([
  [undefined, 3, '2026-11-22T10:00:00.001Z'], [undefined, 9, '2026-11-22T10:00:00.001002003Z'], ['%d "%b"', 3, '22 \\"Nov\\".001Z']
] as const)('writes format %s with %d digits within its room', (format, digits, text) => {
  const time = new DocumentTime(format === undefined ? undefined : compileDateFormat(format), digits)
  const out = Buffer.alloc(time.room)
  expect(out.toString('latin1', 0, time.write(1_795_341_600, 1_002_003, out, 0))).toBe(text)
})
