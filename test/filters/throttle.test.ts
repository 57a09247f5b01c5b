import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { build, through, type Built } from './support.ts'

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

/** How many of `n` records pass. */
function pass(built: Built, n: number): number {
  return through(built, Array.from({ length: n }, () => '{}')).filter((body) => body !== undefined).length
}

describe('filter throttle', () => {
  it('lets rate times window records through at once, and the rest when the window has moved on', async () => {
    const built = await build('throttle', { rate: 10, window: 3, interval: '2s' })
    expect(pass(built, 100)).toBe(30)
    vi.advanceTimersByTime(2000)
    expect(pass(built, 5)).toBe(0)
    vi.advanceTimersByTime(4000)
    expect(pass(built, 100)).toBe(30)
  })

  it('forgets each interval when it leaves the window', async () => {
    const built = await build('throttle', { rate: 2, window: 2, interval: '1' })
    expect(pass(built, 1)).toBe(1)
    vi.advanceTimersByTime(1000)
    expect(pass(built, 10)).toBe(3)
    vi.advanceTimersByTime(1000)
    expect(pass(built, 10)).toBe(1)
    vi.advanceTimersByTime(60_000)
    expect(pass(built, 10)).toBe(4)
  })

  it('counts all tags together', async () => {
    const built = await build('throttle', { rate: 2, window: 2 })
    expect(through(built, ['{}', '{}', '{}'], 'a').filter(Boolean).length).toBe(3)
    expect(through(built, ['{}', '{}'], 'b').filter(Boolean).length).toBe(1)
  })

  it('says the rate once per interval, until it is closed', async () => {
    const built = await build('throttle', { rate: 2, window: 2, print_status: true })
    pass(built, 3)
    vi.advanceTimersByTime(1000)
    expect(built.messages).toEqual([{ level: 'info', text: 'The limit is 2 per 1 over 2 intervals; the rate is 1.5.' }])
    await built.filter.close?.()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('refuses an interval that is no time', async () => {
    await expect(build('throttle', { interval: 'soon' })).rejects.toMatchObject({ option: 'interval' })
  })
})
