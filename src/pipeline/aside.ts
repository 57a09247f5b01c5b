/**
 * What comes to an output beside its queue: parked records and dead letters that somebody asked to send again, one frame
 * at a time.
 */
import type { Frame } from '../buffer/frame.ts'
import type { DeliveryMeter } from './delivery-meter.ts'
import type { Outbox } from './outbox.ts'
import type { ParkedFrame, Parking } from './parking.ts'
import type { Replay, ReplayPiece } from './replay.ts'
import type { Origin, Work } from './work.ts'

export interface AsideOptions {
  readonly parking: Parking | undefined
  readonly replay: Replay | undefined
  readonly outbox: Outbox
  readonly meter: DeliveryMeter
  /** Called when there may be something to send, or to fetch. */
  readonly wake: () => void
}

export class Aside {
  readonly #o: AsideOptions
  /** A frame is being fetched or under way. */
  #fetching = false

  constructor(options: AsideOptions) {
    this.#o = options
  }

  /** Monotonic milliseconds at which `fetch` may find something. */
  get nextDue(): number {
    if (this.#fetching) return Infinity
    return Math.min(this.#o.parking?.nextDue ?? Infinity, this.#o.replay?.nextLook ?? Infinity)
  }

  /** Takes the next frame to the outbox, unless there is one on its way already. */
  fetch(now: number): void {
    if (this.#fetching) return
    const { parking, replay } = this.#o
    if (parking !== undefined && parking.nextDue <= now) {
      this.#fetching = true
      void parking.next(now).then((parked) => {
        if (parked === undefined) this.#fetched()
        else this.#admit(parked.frame, this.#fromParking(parking, parked))
      })
    } else if (replay !== undefined && replay.nextLook <= now) {
      this.#fetching = true
      void replay.next(now).then((piece) => {
        if (piece === undefined) this.#fetched()
        else this.#admit(piece.frame, this.#fromReplay(replay, piece))
      })
    }
  }

  /** Records that the last stop interrupted go out before everything else. */
  async resumeInterrupted(parking: Parking): Promise<void> {
    for (let parked = await parking.interrupted(); parked !== undefined; parked = await parking.interrupted()) {
      this.#o.outbox.admit(parked.frame, this.#fromParking(parking, parked))
    }
  }

  #fetched(): void {
    this.#fetching = false
    this.#o.wake()
  }

  #fromParking(parking: Parking, parked: ParkedFrame): Origin {
    return {
      kind: 'parked',
      settled: (taken) => {
        this.#o.outbox.taken.delete(taken)
        void parking.settle(parked, taken.left, taken.terms).then(() => this.#fetched())
      }
    }
  }

  #fromReplay(replay: Replay, piece: ReplayPiece): Origin {
    const { outbox, meter } = this.#o
    return {
      kind: 'replay',
      settled: (taken) => {
        outbox.taken.delete(taken)
        meter.replayed.value += taken.records
        void replay.settle(piece).then(() => this.#fetched())
      }
    }
  }

  #admit(frame: Frame, origin: Origin): void {
    const { outbox, wake } = this.#o
    const works: Work[] = []
    outbox.admit(frame, origin, performance.now(), works)
    for (const work of works) {
      work.full = true
      work.alone = true
      outbox.putBack(work)
    }
    wake()
  }
}
