/** throttle: lets a number of records through per interval, averaged over a sliding window. */
import { PluginError } from '../plugin/context.ts'
import { defineFilter, DROP, KEEP } from '../plugin/filter.ts'

const UNITS: { readonly [suffix: string]: number } = { '': 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export const throttle = defineFilter({
  name: 'throttle',
  summary: 'Lets a number of records through per interval, averaged over a sliding window, and drops the rest.',
  description: 'The limit is for all records of this filter together. What is dropped is counted as filtered.',
  options: {
    rate: { kind: 'number', default: 1, example: '800', doc: 'Records per interval, on average over the window.' },
    window: { kind: 'integer', default: 5, example: '5', doc: 'Intervals in the window.' },
    interval: { kind: 'string', default: '1', example: '1s', doc: 'Length of an interval, in seconds or with s, m, h, d.' },
    print_status: { kind: 'boolean', default: false, example: 'on', doc: 'Says the current rate in the log, once per interval.' }
  },
  examples: [{ title: 'At most 1,000 a second', config: "name: throttle\nmatch: '*'\nrate: 1000\nwindow: 5\ninterval: 1s" }],
  create(options, context) {
    const interval = readInterval(options.interval)
    // Fluent Bit takes values up to 1 for values that were not given
    const rate = options.rate <= 1 ? 1 : options.rate
    const panes = new Float64Array(options.window <= 1 ? 5 : options.window)
    let total = 0
    let current = Math.floor(performance.now() / interval)

    const advance = (): void => {
      const now = Math.floor(performance.now() / interval)
      const steps = Math.min(now - current, panes.length)
      for (let i = 1; i <= steps; i++) {
        const pane = (now - steps + i) % panes.length
        total -= panes[pane]!
        panes[pane] = 0
      }
      current = now
    }
    const filter = (): boolean => {
      advance()
      if (total / panes.length >= rate) return DROP
      panes[current % panes.length]!++
      total++
      return KEEP
    }
    const status = options.print_status
      ? setInterval(() => {
          advance()
          context.log.info(
            `The limit is ${rate} per ${options.interval} over ${panes.length} intervals; the rate is ${total / panes.length}.`
          )
        }, interval)
      : undefined
    status?.unref()
    return { forTag: () => filter, close: () => clearInterval(status) }
  }
})

function readInterval(text: string): number {
  const parts = /^\s*(\d+(?:\.\d*)?|\.\d+)\s*([smhd]?)\s*$/.exec(text)
  const length = parts === null ? 0 : Number(parts[1]) * UNITS[parts[2]!]!
  if (length > 0) return length
  throw new PluginError(`Expected a time such as 1, 5s or 2m, found \`${text}\`.`, 'interval')
}
