import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readSlice, type LogEvent } from '../../../src/inputs/cloudwatch-logs/slice.ts'

const signal = new AbortController().signal

it('whatever the pieces, every event that arrived in time is read once, in one order', async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.record({ at: fc.nat(1000), late: fc.nat(120) }), { maxLength: 60 }), fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 400 }),
    async (given, steps, room) => {
      const events = given.map(({ at, late }, i): LogEvent => ({ timestamp: 1000 + at - late, ingestionTime: 1000 + at, message: 'x'.repeat(20), eventId: String(i).padStart(3, '0'), stream: 's' }))
      const ask = async ({ from, until, token }: { from: number; until: number; token: string | undefined }): Promise<{ events: LogEvent[]; token: string | undefined }> => {
        const found = events.filter(({ timestamp }) => timestamp >= from && timestamp < until).sort((a, b) => a.timestamp - b.timestamp)
        const at = Number(token ?? 0)
        return { events: found.slice(at, at + 7), token: at + 7 < found.length ? String(at + 7) : undefined }
      }
      const seen: string[] = []
      let time = 1000
      for (let i = 0; time < 2001; i++) {
        const slice = await readSlice(time, Math.min(2001, time + steps[i % steps.length]!), { ask, prefix: undefined, takes: () => true, lateness: 100, signal, room })
        expect(slice.until).toBeGreaterThan(time)
        seen.push(...slice.events.map(({ eventId }) => eventId))
        time = slice.until
      }
      const wanted = events.filter(({ timestamp, ingestionTime }) => timestamp >= ingestionTime - 100)
        .sort((a, b) => a.ingestionTime - b.ingestionTime || a.timestamp - b.timestamp || (a.eventId < b.eventId ? -1 : 1))
      expect(seen).toEqual(wanted.map(({ eventId }) => eventId))
    }), { numRuns: 100 })
})
