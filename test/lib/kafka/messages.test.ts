import { expect, it } from 'vitest'
import {
  readApiVersions, readInitProducerId, readMetadata, readProduce, readSaslAuthenticate, readSaslHandshake, writeInitProducerId, writeMetadata,
  writeProduce
} from '../../../src/lib/kafka/messages.ts'
import { WireReader, WireWriter } from '../../../src/lib/kafka/wire.ts'

const written = (write: (w: WireWriter) => unknown): string => {
  const w = new WireWriter()
  write(w)
  return w.view().toString('hex')
}
const reader = (hex: string): WireReader => new WireReader(Buffer.from(hex, 'hex'))
const text = (value: string): string => written((w) => w.string(value))

it('asks for metadata of some topics, none, or all', () => {
  expect(written((w) => writeMetadata(w, ['a'], true))).toBe('00000001' + '000161' + '01')
  expect(written((w) => writeMetadata(w, [], false))).toBe('00000000' + '00')
  expect(written((w) => writeMetadata(w, null, false))).toBe('ffffffff' + '00')
})

it('reads brokers and leaders', () => {
  const answer = '00000000' + '00000001' + '00000007' + text('b1') + '00002384' + 'ffff' + text('id') + '00000007'
    + '00000001' + '0000' + text('t') + '00' + '00000002'
    + '0000' + '00000000' + '00000007' + '00000001' + '00000007' + '00000001' + '00000007'
    + '0005' + '00000001' + 'ffffffff' + '00000000' + '00000000'
  expect(readMetadata(reader(answer))).toEqual({
    cluster: 'id',
    brokers: [{ id: 7, host: 'b1', port: 9092 }],
    topics: [{ error: 0, name: 't', partitions: [{ error: 0, index: 0, leader: 7 }, { error: 5, index: 1, leader: -1 }] }]
  })
})

it('puts batches into a produce request without copying them', () => {
  const parts = [['t', 0, 'aa'], ['u', 1, 'bb'], ['t', 2, 'cc']] as const
  const w = new WireWriter()
  const pieces = writeProduce(w, parts.map(([topic, partition, hex]) => ({ topic, partition, batch: Buffer.from(hex, 'hex') })), -1, 30_000)
  expect(Buffer.concat(pieces).toString('hex')).toBe(
    'ffff' + 'ffff' + '00007530' + '00000002'
    + '000174' + '00000002' + '00000000' + '00000001aa' + '00000002' + '00000001cc'
    + '000175' + '00000001' + '00000001' + '00000001bb'
  )
})

it('reads what became of batches, in each version', () => {
  const part = '00000003' + '000a' + 'ffffffffffffffff'.repeat(2)
  const answer = (more: string): string => '00000001' + text('t') + '00000001' + part + more + '00000064'
  const wanted = { topic: 't', partition: 3, error: 10, message: null, records: [] }
  expect(readProduce(reader(answer('')), 3)).toEqual({ parts: [wanted], throttle: 100 })
  expect(readProduce(reader(answer('00'.repeat(8))), 7)).toEqual({ parts: [wanted], throttle: 100 })
  const details = '00'.repeat(8) + '00000001' + '00000002' + text('bad') + text('words')
  expect(readProduce(reader(answer(details)), 8).parts).toEqual([{ ...wanted, message: 'words', records: [[2, 'bad']] }])
})

it('reads the other answers', () => {
  expect(readApiVersions(reader('0000' + '00000001' + '000000030009'))).toEqual({ error: 0, versions: new Map([[0, { least: 3, newest: 9 }]]) })
  expect(written(writeInitProducerId)).toBe('ffff' + '0000ea60')
  expect(readInitProducerId(reader('00000000' + '0000' + '00000000000003e8' + '0002'))).toEqual({ error: 0, producerId: 1000n, epoch: 2 })
  expect(readSaslHandshake(reader('0021' + '00000001' + text('PLAIN')))).toEqual({ error: 33, mechanisms: ['PLAIN'] })
  expect(readSaslAuthenticate(reader('003a' + text('no') + '00000001ff' + '0000000000000fa0'), 1)).toEqual(
    { error: 58, message: 'no', bytes: Buffer.from([255]), lifetime: 4000 }
  )
  expect(readSaslAuthenticate(reader('0000' + 'ffff' + '00000000'), 0)).toMatchObject({ error: 0, message: null, lifetime: 0 })
})
