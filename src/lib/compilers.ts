/**
 * V8's optimising compilers are 9 MB of Node's program file. The first hot function brings them into memory, and loading
 * modules and looking at 500 files have such. So bin/fantail starts with them off, and the first real work turns them on:
 * an agent that has hardly anything to do stays without.
 */
import { setFlagsFromString } from 'node:v8'

/** Bytes of work for which code that is not optimised is good enough. */
const LITTLE = 64 * 1024
/** Milliseconds between looks at what the process uses, and the CPU in them from which it is busy. */
const PERIOD = 5_000
const BUSY = 250

let left = LITTLE
let watch: NodeJS.Timeout | undefined

/** Turns the compilers on, for good. */
export function wantCompilers(): void {
  if (left === -1) return
  left = -1
  clearInterval(watch)
  setFlagsFromString('--maglev')
  setFlagsFromString('--turbofan')
}

/** Tells of bytes that are to be read or went through the buffer; turns the compilers on when they add up to some work. */
export function tellWork(bytes: number): void {
  if (left === -1) return
  left = Math.max(0, left - bytes)
  if (left === 0) wantCompilers()
}

/** Turns the compilers on, too, when the process is busy with something of which nobody tells; a start does not count. */
export function watchCompilers(): void {
  if (left === -1 || watch !== undefined) return
  let before: NodeJS.CpuUsage | undefined
  watch = setInterval(() => {
    const now = process.cpuUsage()
    const used = before === undefined ? 0 : (now.user + now.system - before.user - before.system) / 1000
    before = now
    if (used > BUSY) wantCompilers()
  }, PERIOD).unref()
}
