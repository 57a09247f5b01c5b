/**
 * The executable: the command line in, the exit code out. The only place with signal handlers and process.exit. The
 * first SIGTERM, SIGINT or SIGHUP asks for an orderly stop, the second for one at once.
 */

import { main } from './cli/main.ts'

const stop = new AbortController()
const stopNow = new AbortController()

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) stopNow.abort()
    else stop.abort()
  })
}

// A reader that ends early (head, less) is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const code = await main(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env: process.env,
  terminal: process.stdout.isTTY,
  stop: stop.signal,
  stopNow: stopNow.signal
})

// What is written to a pipe is written in the background; an exit at once would cut it.
if (process.stdout.writableLength > 0) await new Promise((resolve) => process.stdout.write('', resolve))
process.exit(code)
