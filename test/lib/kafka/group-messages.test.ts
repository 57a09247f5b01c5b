import { expect, it } from 'vitest'
import {
  readFetch, readFindCoordinator, readGroupError, readJoinGroup, readListOffsets, readOffsetCommit, readOffsetFetch, readSyncGroup, writeFetch,
  writeFindCoordinator, writeHeartbeat, writeJoinGroup, writeLeaveGroup, writeListOffsets, writeOffsetCommit, writeOffsetFetch, writeSyncGroup
} from '../../../src/lib/kafka/group-messages.ts'
import { WireReader, WireWriter } from '../../../src/lib/kafka/wire.ts'

const written = (write: (w: WireWriter) => unknown): string => {
  const w = new WireWriter()
  write(w)
  return w.view().toString('hex')
}
const reader = (hex: string): WireReader => new WireReader(Buffer.from(hex, 'hex'))
const membership = { group: 'g', generation: 3, member: 'm', instance: null }
const offset = (value: number): string => value.toString(16).padStart(16, '0')
const metadata = '0000' + '00000001' + '000174' + 'ffffffff'

it('joins with the topics it wants, and learns of the members when it leads', () => {
  const join = { group: 'g', sessionTimeout: 1000, rebalanceTimeout: 2000, member: '', instance: null, strategies: ['range'], topics: ['t'] }
  expect(written((w) => writeJoinGroup(w, join))).toBe(
    '000167' + '000003e8' + '000007d0' + '0000' + 'ffff' + '0008636f6e73756d6572' + '00000001' + '000572616e6765' + '0000000d' + metadata
  )
  expect(readJoinGroup(reader('00000000' + '0000' + '00000003' + '000572616e6765' + '00016c' + '00016d' + '00000001' + '00016c' + 'ffff' + '0000000d' + metadata))).toEqual({
    error: 0, generation: 3, strategy: 'range', leader: 'l', member: 'm', members: [{ id: 'l', topics: ['t'] }]
  })
})

it('shares out, and learns its share', () => {
  const share = '0000' + '00000001' + '000174' + '00000002' + '00000000' + '00000002' + 'ffffffff'
  const mine = [{ topic: 't', partition: 0 }, { topic: 't', partition: 2 }]
  expect(written((w) => writeSyncGroup(w, membership, new Map([['m', mine]])))).toBe(
    '000167' + '00000003' + '00016d' + 'ffff' + '00000001' + '00016d' + '00000019' + share
  )
  expect(readSyncGroup(reader('00000000' + '0000' + '00000019' + share))).toEqual({ error: 0, partitions: mine })
  expect(readSyncGroup(reader('00000000' + '001b' + '00000000'))).toEqual({ error: 27, partitions: [] })
})

it('finds its coordinator, beats and leaves', () => {
  expect(written((w) => writeFindCoordinator(w, 'g'))).toBe('000167' + '00')
  expect(readFindCoordinator(reader('00000000' + '0000' + 'ffff' + '00000002' + '000161' + '00002384'))).toEqual({ error: 0, message: null, id: 2 })
  expect(written((w) => writeHeartbeat(w, membership))).toBe('000167' + '00000003' + '00016d' + 'ffff')
  expect(written((w) => writeLeaveGroup(w, membership))).toBe('000167' + '00000001' + '00016d' + 'ffff')
  expect(readGroupError(reader('00000000' + '001b'))).toBe(27)
})

it('asks for positions and sets them', () => {
  const partitions = [{ topic: 't', partition: 1 }]
  expect(written((w) => writeOffsetFetch(w, 'g', partitions))).toBe('000167' + '00000001' + '000174' + '00000001' + '00000001')
  const part = '00000001' + '000174' + '00000001' + '00000001'
  expect(readOffsetFetch(reader('00000000' + part + offset(7) + 'ffffffff' + '0000' + '0000' + '0000'))).toEqual({ error: 0, positions: [{ topic: 't', partition: 1, offset: 7 }] })
  expect(written((w) => writeOffsetCommit(w, membership, [{ topic: 't', partition: 1, offset: 7 }]))).toBe(
    '000167' + '00000003' + '00016d' + part + offset(7) + 'ffffffff' + '0000'
  )
  expect(readOffsetCommit(reader('00000000' + part + '0016'))).toBe(22)
})

it('asks where logs begin and end', () => {
  expect(written((w) => writeListOffsets(w, [{ topic: 't', partition: 1 }], -2, true))).toBe('ffffffff' + '01' + '00000001' + '000174' + '00000001' + '00000001' + 'fffffffffffffffe')
  expect(readListOffsets(reader('00000000' + '00000001' + '000174' + '00000001' + '00000001' + '0000' + 'ffffffffffffffff' + offset(9)))).toEqual(
    [{ topic: 't', partition: 1, error: 0, offset: 9 }]
  )
})

it('fetches, and reads records with the transactions that were given up', () => {
  const request = { positions: [{ topic: 't', partition: 1, offset: 5 }], maxWait: 500, minBytes: 1, maxBytes: 4096, partitionBytes: 1024, committedOnly: true }
  expect(written((w) => writeFetch(w, request))).toBe(
    'ffffffff' + '000001f4' + '00000001' + '00001000' + '01' + '00000000' + 'ffffffff'
    + '00000001' + '000174' + '00000001' + '00000001' + 'ffffffff' + offset(5) + 'ffffffffffffffff' + '00000400' + '00000000' + '0000'
  )
  const answer = '00000064' + '0000' + '00000000' + '00000001' + '000174' + '00000001'
    + '00000001' + '0000' + offset(9) + offset(8) + offset(2) + '00000001' + offset(77) + offset(6) + 'ffffffff' + '00000002abcd'
  expect(readFetch(reader(answer))).toEqual({
    error: 0,
    throttle: 100,
    parts: [{ topic: 't', partition: 1, error: 0, logStart: 2, aborted: [{ producerId: 77n, first: 6 }], records: Buffer.from('abcd', 'hex') }]
  })
})
