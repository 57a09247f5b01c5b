/** How the records of one container are joined, as its pod chose: each stream by itself. */
import type { Seam } from '../../plugin/filter.ts'
import type { JoinerFactory } from '../../plugin/parser.ts'
import type { StreamWishes } from './annotations.ts'

export class Seams {
  readonly stdout = new ChosenSeam()
  readonly stderr = new ChosenSeam()
  /** Of records without a stream. */
  readonly both = new ChosenSeam()

  /** Takes what the pod asks for now. */
  choose(stdout: StreamWishes, stderr: StreamWishes, both: StreamWishes): void {
    this.stdout.choose(stdout)
    this.stderr.choose(stderr)
    this.both.choose(both)
  }
}

class ChosenSeam implements Seam {
  factory: JoinerFactory | undefined
  #names: string | undefined

  choose({ exclude, multiline }: StreamWishes): void {
    const chosen = exclude ? undefined : multiline
    // every look-up makes a factory: of the same parsers, the first stays, so that what waits goes on waiting
    if (chosen?.names === this.#names) return
    this.#names = chosen?.names
    this.factory = chosen?.factory
  }
}
