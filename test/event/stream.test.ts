import { expect, test } from 'vitest'
import { Stream } from '../../src/event/stream.ts'

test('a stream begins unknown to any frame and open', () => {
  const identity = { input: 'tail.0', path: '/var/log/app.log', marks: { inode: 7 } }
  const stream = new Stream('AAAAAAAAAAA', 2, identity)
  expect(stream).toMatchObject({ uid: 'AAAAAAAAAAA', generation: 2, identity, closed: false, declared: false })
  expect(stream.from).toBe(stream.to)
})
