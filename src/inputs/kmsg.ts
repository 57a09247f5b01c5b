/**
 * kmsg: the messages of the kernel, from /dev/kmsg (Linux, Documentation/ABI/testing/dev-kmsg). One read gives one
 * message: `PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;text`, then lines of its dictionary, each behind a space. Numbers of
 * messages are the positions, and begin anew with each boot.
 */
import { readFileSync } from 'node:fs'
import { defineInput, type Input, type InputContext, type TagHandle } from '../plugin/input.ts'
import type { Fields, OptionsOf } from '../config/fields.ts'
import type { Counter } from '../plugin/context.ts'
import type { Key } from '../event/pool.ts'
import { BLOCK, RAW_TEXT } from '../event/record.ts'
import type { Stream } from '../event/stream.ts'
import { KmsgDevice, type Device } from './kmsg/device.ts'
import { parseMessage } from './kmsg/message.ts'

/** A message is no longer than this; a read into less fails. */
const LONGEST = 64 * 1024
/** Messages read without giving way to others. */
const TURN = 500
/** The device gives no notice that Node could wait for. */
const ROUND = 500

const options = {
  'prio_level': {
    kind: 'integer', default: 8, min: 0, max: 8, example: '4',
    doc: 'Leave out messages whose priority is numerically above this: 0 emergencies only, 7 and 8 everything.'
  },
  'path': { kind: 'string', default: '/dev/kmsg', example: '/host/dev/kmsg', doc: 'The device.' }
} as const satisfies Fields

export default defineInput({
  name: 'kmsg',
  summary: 'Reads the messages of the Linux kernel.',
  description: 'Needs /dev/kmsg and, where `kernel.dmesg_restrict` is 1, the capability SYSLOG. After a restart it goes on where '
    + 'it was; messages that the kernel has overwritten meanwhile are counted.',
  options,
  examples: [{ title: 'Warnings and worse', config: 'name: kmsg\ntag: kernel\nprio_level: 4' }],
  create: (values, context) => new Kmsg(values, context, new KmsgDevice(values.path), thisBoot())
})

/** When the machine was started. */
export interface Boot {
  readonly bootId: string
  /** Seconds of Unix time. */
  readonly bootTime: number
}

export class Kmsg implements Input {
  readonly #context: InputContext
  readonly #device: Device
  readonly #level: number
  readonly #bootTime: number
  readonly #stream: Stream
  readonly #keys: { readonly [name in 'priority' | 'sequence' | 'sec' | 'usec' | 'msg']: Key }
  readonly #tag: TagHandle
  readonly #lost: Counter
  readonly #block = Buffer.allocUnsafeSlow(LONGEST)
  #isOpen = false
  #timer: NodeJS.Timeout | undefined
  /** The number of the next message. */
  #next: number
  /** Whether it is known which message was read last, so that a gap shows. */
  #follows: boolean
  #waits = false
  #stopped = false

  constructor(values: OptionsOf<typeof options>, context: InputContext, device: Device, boot: Boot) {
    const { ingest, pool, recovered, name } = context
    this.#context = context
    this.#device = device
    this.#level = values.prio_level
    this.#bootTime = boot.bootTime
    this.#keys = { priority: pool.key('priority'), sequence: pool.key('sequence'), sec: pool.key('sec'), usec: pool.key('usec'), msg: pool.key('msg') }
    this.#lost = context.meter.counter('fantail_kmsg_lost_messages_total')
    this.#tag = ingest.tag(context.tag)
    const identity = { input: name, path: device.path, marks: { boot_id: boot.bootId } }
    const known = recovered.find((stream) => stream.identity.marks['boot_id'] === boot.bootId)
    for (const old of recovered) if (old !== known && !old.closed) ingest.closeStream(ingest.resumeStream(old.uid, old.generation, old.identity))
    this.#stream = known === undefined ? ingest.openStream(identity) : ingest.resumeStream(known.uid, known.generation, identity)
    // what lies behind a hole is read again
    this.#next = known?.covered[0]?.[1] ?? 0
    this.#follows = known !== undefined && known.covered.length > 0
  }

  async start(): Promise<void> {
    await this.#tag.ready
    this.#open()
    this.#timer = setInterval(() => this.#read(), ROUND)
    this.#read()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    this.#device.close()
    this.#context.ingest.commit()
  }

  #open(): void {
    try {
      this.#device.open()
      this.#isOpen = true
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      this.#context.log.error(
        code === 'EPERM' || code === 'EACCES'
          ? 'The messages of the kernel cannot be read: the capability SYSLOG is needed. It is tried again.'
          : 'The messages of the kernel cannot be read. It is tried again.', { path: this.#device.path, reason: message })
    }
  }

  #read(): void {
    if (this.#stopped || this.#waits) return
    if (!this.#isOpen) this.#open()
    if (!this.#isOpen) return
    const { ingest } = this.#context
    let more = true
    for (let n = 0; more && n < TURN; n++) {
      if (!ingest.hasRoom()) {
        this.#wait()
        more = false
        break
      }
      more = this.#readOne()
    }
    ingest.commit()
    if (more) setImmediate(() => this.#read())
  }

  #wait(): void {
    this.#waits = true
    this.#context.ingest.whenRoom(() => {
      this.#waits = false
      this.#read()
    })
  }

  /** False: there is no more at the moment. */
  #readOne(): boolean {
    let length: number
    try {
      length = this.#device.read(this.#block)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'EAGAIN') return false
      // the kernel has overwritten what was next; the next read gives the oldest that is left, whose number shows the gap
      if (code === 'EPIPE') return true
      if (code === 'EINVAL') {
        this.#context.log.warn('A message of the kernel is too long and left out.')
        return true
      }
      this.#context.log.error('The messages of the kernel cannot be read. It is tried again.', { path: this.#device.path, reason: message })
      this.#device.close()
      this.#isOpen = false
      return false
    }
    if (length === 0) return false
    this.#take(length)
    return true
  }

  #take(length: number): void {
    const { ingest } = this.#context
    const found = parseMessage(this.#block, length)
    if (found === undefined) {
      this.#context.log.warn('A message of the kernel is not in its format and left out.')
      ingest.drop('malformed', 1)
      return
    }
    const { priority, sequence, micros } = found
    if (sequence < this.#next) return
    if (this.#follows && sequence > this.#next) this.#tellGap(sequence)
    this.#follows = true
    if (priority > this.#level) ingest.cover(this.#stream, sequence, sequence + 1)
    else {
      const { record } = ingest
      record.useBlock(this.#block)
      const seconds = Math.floor(micros / 1e6)
      const rest = micros - seconds * 1e6
      record.setTime(this.#bootTime + seconds, rest * 1000)
      record.setJson(this.#keys.priority, String(priority))
      record.setJson(this.#keys.sequence, String(sequence))
      record.setJson(this.#keys.sec, String(seconds))
      record.setJson(this.#keys.usec, String(rest))
      record.append(this.#keys.msg, BLOCK, found.start, found.end, RAW_TEXT)
      ingest.emit(this.#tag, this.#stream, sequence, sequence + 1)
    }
    this.#next = sequence + 1
  }

  #tellGap(sequence: number): void {
    const lost = sequence - this.#next
    const { ingest, log } = this.#context
    this.#lost.value += lost
    ingest.drop('overwritten', lost)
    ingest.cover(this.#stream, this.#next, sequence)
    log.error('The kernel has overwritten messages before they were read.', { messages: lost })
  }
}

function thisBoot(): Boot {
  return {
    bootId: proc('/proc/sys/kernel/random/boot_id').trim(),
    bootTime: Number(/^btime (\d+)$/m.exec(proc('/proc/stat'))?.[1] ?? 0)
  }
}

function proc(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
