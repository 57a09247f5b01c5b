import { expect, it } from 'vitest'
import dummy from '../../src/inputs/dummy.ts'
import { defaultOf } from '../../src/config/values.ts'
import { RecordingIngest, makeContext } from './recording-ingest.ts'

type Options = Parameters<typeof dummy.create>[0]

async function run(given: Partial<Options>, millis: number): Promise<RecordingIngest> {
  const ingest = new RecordingIngest()
  const values = Object.fromEntries(Object.entries(dummy.options).map(([name, field]) => [name, defaultOf(field)]))
  const input = await dummy.create({ ...values, ...given } as Options, makeContext(ingest))
  await input.start()
  await new Promise((resolve) => setTimeout(resolve, millis))
  await input.stop(performance.now() + 500)
  return ingest
}

it('makes its record at its rate, until there are enough', async () => {
  const ingest = await run({ dummy: '{"message":"hi","n":1}', rate: 100, samples: 3 }, 300)
  expect(ingest.records.map((record) => record.members)).toEqual(Array.from({ length: 3 }, () => ({ message: 'hi', n: 1 })))
  expect(ingest.overlaps).toEqual([])
})

it('begins at the time that it is given', async () => {
  const ingest = await run({ rate: 100, samples: 1, start_time_sec: 5, start_time_nsec: 7, fixed_timestamp: true }, 200)
  expect(ingest.records.map(({ seconds, nanos }) => [seconds, nanos])).toEqual([[5, 7]])
})
