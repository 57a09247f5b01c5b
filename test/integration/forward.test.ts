/** The output forward against a real Fluent Bit; without one, test/outputs/forward.test.ts has the same by a stand-in. */
import { afterEach, describe, expect, it } from 'vitest'
import { forward } from '../../src/outputs/forward.ts'
import type { Output } from '../../src/plugin/output.ts'
import { TEN, makeBatch, type RecordSpec } from '../event/make-batch.ts'
import { never, optionsOf, outputContext } from '../outputs/output-context.ts'
import { FluentBit, hasFluentBit } from '../support/servers/fluent-bit.ts'
import { freePort } from '../support/temp.ts'
import { eventually } from '../support/wait.ts'

describe.skipIf(!hasFluentBit)(`the output forward to Fluent Bit${hasFluentBit ? '' : ' [skipped: no fluent-bit on the PATH]'}`, () => {
  let receiver: FluentBit | undefined
  let output: Output | undefined
  afterEach(async () => {
    await output?.close?.()
    await receiver?.stop()
  })

  async function start (more = ''): Promise<number> {
    const port = await freePort()
    receiver = await FluentBit.start(`
  inputs:
    - { name: forward, listen: 127.0.0.1, port: ${port}${more} }
  outputs:
    - { name: file, match: '*', path: '{dir}', file: out }
`, /listening on 127\.0\.0\.1/)
    return port
  }

  const records: readonly RecordSpec[] = [
    { body: '{"n":1,"text":"é\\n","list":[1.5,null,true,{"a":-3}]}' }, { body: { n: 2 }, metadata: '{"m":"x"}' }, { body: { n: 3 }, tag: 'other' }
  ]
  const plain = [
    `app: [${TEN}.123456789, {"n":1,"text":"\\u00e9\\n","list":[1.5,null,true,{"a":-3}]}]`, `app: [${TEN}.123456789, {"n":2}]`, `other: [${TEN}.123456789, {"n":3}]`
  ]

  it.each([
    ['as it is', {}, '', plain],
    ['compressed', { compress: 'gzip' }, '', plain],
    ['in whole seconds', { time_as_integer: true }, '', plain.map((line) => line.replace('.123456789', '.000000000'))],
    ['a tag for each record', { tag: 't.$n' }, '', plain.map((line, i) => line.replace(/^\w+/, `t.${i + 1}`))],
    ['with a shared key and a user', { shared_key: 'kéy', self_hostname: 'me', username: 'u', password: 'p' },
      ', shared_key: kéy, self_hostname: srv, security.users: u p', plain]
  ])('%s: acknowledged, and there as it was', async (_, set, more, expected) => {
    const port = await start(more)
    output = await forward.create(optionsOf(forward, set), outputContext({ host: '127.0.0.1', port }))
    expect(await output.write(makeBatch(records), never)).toEqual({ kind: 'delivered' })
    expect(await output.write(makeBatch(records.slice(0, 1)), never)).toEqual({ kind: 'delivered' })
    await eventually('all are there', () => receiver!.lines('out').length >= 4)
    expect(receiver!.lines('out').sort()).toEqual([...expected, expected[0]!].sort())
  })

  it('a wrong key lets nothing in', async () => {
    const port = await start(', shared_key: right')
    output = await forward.create(optionsOf(forward, { shared_key: 'wrong' }), outputContext({ host: '127.0.0.1', port }))
    expect((await output.write(makeBatch(records), never)).kind).toBe('retry')
    expect(receiver!.lines('out')).toEqual([])
  })
})
