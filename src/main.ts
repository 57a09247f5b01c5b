/**
 * The executable: the command line in, the exit code out. The only place with signal handlers and process.exit. The
 * first SIGTERM, SIGINT or SIGHUP asks for an orderly stop, the second for one at once; a command may take SIGHUP for
 * something else.
 */

import { isatty } from 'node:tty'
import { main } from './cli/main.ts'

const stop = new AbortController()
const stopNow = new AbortController()

function end(): void {
  if (stop.signal.aborted) stopNow.abort()
  else stop.abort()
}
let hangup = end
process.on('SIGTERM', end)
process.on('SIGINT', end)
process.on('SIGHUP', () => hangup())

/** Standard output once it is written to: the stream costs a start 12 ms and 3 MB, and an agent on a node needs none. */
let output: typeof process.stdout | undefined

function out(text: string): void {
  if (output === undefined) {
    output = process.stdout
    // A reader that ends early (head, less) is no fault of ours.
    output.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0)
      throw error
    })
  }
  output.write(text)
}

const code = await main(process.argv.slice(2), {
  out,
  err: (text) => void process.stderr.write(text),
  env: process.env,
  get terminal() { return isatty(1) },
  stop: stop.signal,
  onHangup: (callback) => {
    hangup = callback
  },
  stopNow: stopNow.signal
})

// What is written to a pipe is written in the background; an exit at once would cut it.
if (output !== undefined && output.writableLength > 0) await new Promise((resolve) => output?.write('', resolve))
process.exit(code)
