/** A terminal for tests of commands: keeps what is written. */
import type { Io } from '../../src/cli/io.ts'

export interface TestIo extends Io {
  readonly written: { out: string; err: string }
}

export function testIo(env: Readonly<Record<string, string>> = {}): TestIo {
  const written = { out: '', err: '' }
  return {
    written,
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
    env,
    terminal: false,
    onHangup: () => {},
    stop: new AbortController().signal,
    stopNow: new AbortController().signal
  }
}
