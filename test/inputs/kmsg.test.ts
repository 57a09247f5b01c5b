import { accessSync, constants } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { Kmsg } from '../../src/inputs/kmsg.ts'
import { KmsgDevice, type Device } from '../../src/inputs/kmsg/device.ts'
import type { Input } from '../../src/plugin/input.ts'
import { eventually } from '../support/wait.ts'
import { RecordingIngest, makeContext, type Agent } from './recording-ingest.ts'

/** A ring of messages, as the kernel keeps it: each open begins with the oldest. */
class FakeDevice implements Device {
  readonly path = '/dev/kmsg'
  messages: string[] = []
  refuses: string | undefined
  #at = 0

  open(): void {
    if (this.refuses !== undefined) throw Object.assign(new Error(this.refuses), { code: this.refuses })
    this.#at = 0
  }

  read(into: Buffer): number {
    const message = this.messages[this.#at]
    if (message === undefined) throw Object.assign(new Error('none'), { code: 'EAGAIN' })
    this.#at++
    if (message.startsWith('E')) throw Object.assign(new Error(message), { code: message })
    return into.write(message)
  }

  close(): void {}
}

const inputs: Input[] = []
afterEach(async () => {
  for (const input of inputs.splice(0)) await input.stop(performance.now())
})

async function start(ingest: RecordingIngest, device: Device, level = 8, bootId = 'a'): Promise<Agent> {
  const context = makeContext(ingest, { tag: 'kernel' })
  const input = new Kmsg({ prio_level: level, path: device.path }, context, device, { bootId, bootTime: 1_795_532_979 })
  inputs.push(input)
  await input.start()
  return { input, ...context.report }
}

const message = (sequence: number, text: string, priority = 6): string => `${priority},${sequence},${sequence * 1_000_100},-;${text}\n`
const has = (ingest: RecordingIngest, count: number): Promise<boolean> => eventually(`${count} records`, () => ingest.records.length >= count)

describe('messages of the kernel', () => {
  it('become records as Fluent Bit has them', async () => {
    const device = new FakeDevice()
    device.messages = ['30,339,5140900,-,caller=T1;NET: \\x09Registered; "all"\n SUBSYSTEM=net\n DEVICE=n1\n']
    const ingest = new RecordingIngest()
    await start(ingest, device)
    await has(ingest, 1)
    const [record] = ingest.records
    expect(Object.entries(record!.members)).toEqual([
      ['priority', 6], ['sequence', 339], ['sec', 5], ['usec', 140_900], ['msg', 'NET: \\x09Registered; "all"']
    ])
    expect([record!.tag, record!.seconds, record!.nanos]).toEqual(['kernel', 1_795_532_984, 140_900_000])
  })

  it('are left out above prio_level, and when they have no form', async () => {
    const device = new FakeDevice()
    device.messages = [message(1, 'bad', 3), message(2, 'debug', 7), 'nonsense', message(3, 'warn', 4)]
    const ingest = new RecordingIngest()
    await start(ingest, device, 4)
    await has(ingest, 2)
    expect(ingest.values('msg')).toEqual(['bad', 'warn'])
    expect(ingest.dropped).toEqual({ malformed: 1 })
  })

  it('that were overwritten are said and counted', async () => {
    const device = new FakeDevice()
    device.messages = [message(1, 'a'), 'EPIPE', message(10, 'b')]
    const ingest = new RecordingIngest()
    const { messages, counters } = await start(ingest, device)
    await has(ingest, 2)
    expect([ingest.dropped, counters['fantail_kmsg_lost_messages_total']!.value]).toEqual([{ overwritten: 8 }, 8])
    expect(messages.join()).toContain('overwritten')
  })

  it('are read once, restarts included, and anew after a boot', async () => {
    const device = new FakeDevice()
    device.messages = [message(1, 'a'), message(2, 'b')]
    const ingest = new RecordingIngest()
    const { input } = await start(ingest, device)
    await has(ingest, 2)
    await input.stop(performance.now())
    device.messages.push(message(3, 'c'))
    const again = await start(ingest, device)
    await has(ingest, 3)
    await again.input.stop(performance.now())
    device.messages = [message(0, 'booted')]
    await start(ingest, device, 8, 'b')
    await has(ingest, 4)
    expect(ingest.values('msg')).toEqual(['a', 'b', 'c', 'booted'])
    expect(ingest.overlaps).toEqual([])
  })

  it('wait while there is no room, and for the right to read them', async () => {
    const device = new FakeDevice()
    device.messages = [message(1, 'a')]
    device.refuses = 'EPERM'
    const ingest = new RecordingIngest()
    ingest.room = false
    const { messages } = await start(ingest, device)
    expect(messages.join()).toContain('SYSLOG')
    device.refuses = undefined
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(ingest.records).toEqual([])
    ingest.makeRoom()
    await has(ingest, 1)
  })
})

function readable(): boolean {
  try {
    accessSync('/dev/kmsg', constants.R_OK)
    const device = new KmsgDevice('/dev/kmsg')
    device.open()
    device.close()
    return true
  } catch {
    return false
  }
}

it.runIf(readable())('are those of this machine', async () => {
  const ingest = new RecordingIngest()
  await start(ingest, new KmsgDevice('/dev/kmsg'))
  await has(ingest, 1)
  const { sequence, msg } = ingest.records[0]!.members
  expect(sequence).toBeTypeOf('number')
  expect(msg).not.toBe('')
})
