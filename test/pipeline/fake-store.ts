/** A store that keeps frames in a list, for tests of the way in. */
import type { FrameBuilder } from '../../src/buffer/frame-builder.ts'
import type { Frame } from '../../src/buffer/frame.ts'
import type { FrameStore } from '../../src/buffer/store.ts'
import { Batch } from '../../src/event/batch.ts'
import type { InputTerms } from '../../src/event/ledger.ts'

export class FakeStore implements Pick<FrameStore, 'append' | 'hasRoom' | 'whenRoom'> {
  readonly frames: Frame[] = []
  readonly terms: InputTerms[] = []

  append(_input: string, builder: FrameBuilder, terms: InputTerms): void {
    this.frames.push(builder.finish(this.frames.length + 1))
    this.terms.push(terms)
  }

  hasRoom(): boolean {
    return true
  }

  whenDelivered(callback: () => void): void {
    queueMicrotask(callback)
  }

  whenRoom(): void {}

  /** Tag, outputs, identity and body of every record, in order. */
  records(): { tag: string; outputs: readonly string[]; start: number; end: number; ordinal: number; body: unknown }[] {
    return this.frames.flatMap((frame) => frame.directory.sections.flatMap(([start, end, , tag, routes]) => {
      const batch = new Batch()
      for (let at = start; at < end; at += frame.words[at >>> 2]!) batch.add(frame, at, tag)
      return Array.from({ length: batch.count }, (_, i) => ({
        tag: batch.tag(i), outputs: frame.directory.routes[routes]!, start: batch.start(i), end: batch.end(i), ordinal: batch.ordinal(i),
        body: JSON.parse(batch.bodyText(i)) as unknown
      }))
    }))
  }
}
