import { expect, it } from 'vitest'
import { CODECS, compress, decompress } from '../../../src/lib/kafka/compression.ts'

it.each(CODECS)('%s gives back what it was given, smaller', async (codec) => {
  const text = Buffer.from('all lines are alike\n'.repeat(5000))
  const packed = await compress(codec, text, undefined)
  expect(decompress(codec, packed).equals(text)).toBe(true)
  if (codec !== 'none') expect(packed.length).toBeLessThan(text.length / 10)
})

it('takes the level', async () => {
  const text = Buffer.from(Array.from({ length: 5000 }, (_, i) => `line ${i * 7919 % 1000}`).join('\n'))
  for (const codec of ['gzip', 'zstd'] as const) expect((await compress(codec, text, 9)).length).toBeLessThan((await compress(codec, text, 1)).length)
})
