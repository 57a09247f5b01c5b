import { expect, test } from 'vitest'
import { Stream, sourcePath } from '../../src/event/stream.ts'

test('a stream begins unknown to any frame and open', () => {
  const identity = { input: 'tail.0', path: '/var/log/app.log', marks: { inode: 7 } }
  const stream = new Stream('AAAAAAAAAAA', 2, identity)
  expect(stream).toMatchObject({ uid: 'AAAAAAAAAAA', generation: 2, identity, closed: false, declared: false })
  expect(stream.from).toBe(stream.to)
})

test('a source that was found under another path shares its order with what has its first path', () => {
  expect(sourcePath({ input: 'tail.0', path: '/pods/3.log', marks: {} })).toBe('/pods/3.log')
  expect(sourcePath({ input: 'tail.0', path: '/pods/3.log', marks: { first: '/containers/app.log' } })).toBe('/containers/app.log')
})
