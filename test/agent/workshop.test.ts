import { expect, it } from 'vitest'
import { guarded } from '../../src/agent/workshop.ts'
import { ConfigurationError } from '../../src/config/problem.ts'
import { PluginError } from '../../src/plugin/context.ts'
import { planOf, workshopOf } from './plan-of.ts'

const place = { file: 'a.yaml', line: 1, column: 1 }
const owner = { label: 'grep.0', place, given: [{ name: 'regex', value: 'x', place: { file: 'a.yaml', line: 3, column: 7 } }] }

it('gives plugins the parsers of the configuration before the stock ones, one pool, and a meter of their own', async () => {
  const plan = await planOf("  inputs: [{name: dummy}]\n  outputs: [{name: 'null', match: '*'}]\n", 'parsers: [{name: json, format: logfmt}]')
  const workshop = workshopOf(plan)
  const [one, two] = [workshop.context({ ...owner, label: 'one' }), workshop.context({ ...owner, label: 'two' })]
  expect([one.parser('json')?.name, one.parser('nginx')?.name, one.parser('none')]).toEqual(['json', 'nginx', undefined])
  expect(one.pool).toBe(two.pool)
  one.meter.counter('fantail_tail_lost_bytes_total').value = 2
  two.meter.counter('fantail_tail_lost_bytes_total').value = 3
  const family = workshop.metrics.collect().find(({ name }) => name === 'fantail_tail_lost_bytes_total')
  expect(family?.samples.map(({ labels, value }) => [labels['name'], value])).toEqual([['one', 2], ['two', 3]])
  expect(() => one.joiner(['none'])).toThrow('there is no multiline parser none')
})

it('tells the complaint of a plugin at its option, else at its section; other errors pass', async () => {
  const complaint = async (option?: string): Promise<unknown> => guarded(owner, () => { throw new PluginError('it is wrong', option) }).catch((error: unknown) => error)
  for (const [option, line] of [['regex', 3], ['other', 1], [undefined, 1]] as const) {
    const error = await complaint(option)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect((error as ConfigurationError).problems).toMatchObject([{ message: expect.stringContaining('grep.0: it is wrong') as string, place: { line } }])
  }
  await expect(guarded(owner, () => { throw new TypeError('a fault') })).rejects.toThrow(TypeError)
  expect(await guarded(owner, async () => 5)).toBe(5)
})

it('lets go of everything that was made, though one of them fails', async () => {
  const workshop = workshopOf(await planOf("  inputs: [{name: dummy}]\n  outputs: [{name: 'null', match: '*'}]\n"))
  const closed: number[] = []
  workshop.closers.push(() => closed.push(1), () => { throw new Error('no') }, async () => closed.push(3))
  await workshop.close()
  await workshop.close()
  expect(closed).toEqual([1, 3])
})
