/** Looks at the files that values of the configuration were read from (`env` with `refresh_interval`). */
import { readSecret, type SecretFile } from '../config/environment.ts'
import type { Log } from '../plugin/context.ts'

export class SecretWatch {
  readonly #timers: NodeJS.Timeout[] = []

  /** `changed` is called as long as a file holds something else than what was read. */
  constructor(files: readonly SecretFile[], log: Log, changed: () => void) {
    for (const { path, text, refreshInterval } of files) {
      const look = (): void => {
        const content = readSecret(`file://${path}`)
        if ('reason' in content) log.warn('A file that a value is read from cannot be read; the value stays as it was.', { path, reason: content.reason })
        // an empty file is one that is being written
        else if (content.text !== text && content.text !== '') changed()
      }
      this.#timers.push(setInterval(look, refreshInterval).unref())
    }
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }
}
