/** Fluent Bit, where it is on the PATH: a receiver that is not ours. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Running } from '../process.ts'
import { tempFolder } from '../temp.ts'
import { eventually } from '../wait.ts'
import { onPath } from './server.ts'

/** Tests against it run where it is installed; what they show is shown by a stand-in elsewhere, so nothing else requires it. */
export const hasFluentBit: boolean = onPath('fluent-bit')

export class FluentBit {
  readonly folder: string
  readonly #running: Running

  private constructor (folder: string, running: Running) {
    this.folder = folder
    this.#running = running
  }

  /** Runs a configuration below `pipeline` (YAML; `{dir}` is its folder) until `ready` is in its log. */
  static async start (pipeline: string, ready: RegExp): Promise<FluentBit> {
    const folder = tempFolder('fluent-bit')
    const file = path.join(folder, 'fluent-bit.yaml')
    writeFileSync(file, `service: {flush: 0.2, grace: 1, log_level: info}\npipeline:\n${pipeline.replaceAll('{dir}', folder)}`)
    const log = path.join(folder, 'log')
    const running = new Running({ command: 'fluent-bit', args: ['-c', file], cwd: folder, log })
    await eventually(() => `fluent-bit ready\n${running.tail()}`, () => {
      if (!running.alive) throw new Error(`fluent-bit ended:\n${running.tail(20)}`)
      return ready.test(readFileSync(log, 'utf8'))
    }, { timeout: 30_000 })
    return new FluentBit(folder, running)
  }

  /** Lines of a file that it wrote. */
  lines (name: string): string[] {
    const file = path.join(this.folder, name)
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter((line) => line !== '') : []
  }

  async stop (): Promise<void> {
    await this.#running.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
