import { beforeEach, expect, test } from 'vitest'
import { Places } from '../../../src/outputs/cloudwatch-logs/places.ts'
import type { Creation } from '../../../src/outputs/cloudwatch-logs/settings.ts'
import type { Target } from '../../../src/outputs/cloudwatch-logs/targets.ts'
import { never, outputContext, type TestContext } from '../output-context.ts'

const error = (name: string, message = 'why'): Error => Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } })
const CREATION: Creation = { groups: true, streams: true, retentionDays: 0, retainExisting: false, groupClass: undefined, kmsKeyId: undefined, tags: undefined }

/** An account of AWS with its groups and their streams. */
class Account {
  readonly groups = new Map<string, { streams: Set<string>; days: number | undefined }>()
  asked = 0
  /** Thrown in place of what would happen, one after the other. */
  readonly errors: Error[] = []
  retainErrors = 0

  async createStream(group: string, stream: string): Promise<void> {
    await this.#ask()
    const found = this.groups.get(group)
    if (found === undefined) throw error('ResourceNotFoundException')
    if (found.streams.has(stream)) throw error('ResourceAlreadyExistsException')
    found.streams.add(stream)
  }

  async createGroup(group: string): Promise<void> {
    await this.#ask()
    if (this.groups.has(group)) throw error('ResourceAlreadyExistsException')
    this.groups.set(group, { streams: new Set(), days: undefined })
  }

  async retain(group: string, days: number): Promise<void> {
    await Promise.resolve()
    if (this.retainErrors-- > 0) throw error('ThrottlingException', 'slow down')
    this.groups.get(group)!.days = days
  }

  async #ask(): Promise<void> {
    this.asked++
    await new Promise((resolve) => { setImmediate(resolve) })
    const wrong = this.errors.shift()
    if (wrong !== undefined) throw wrong
  }
}

let account: Account
let context: TestContext
beforeEach(() => {
  account = new Account()
  context = outputContext()
})

const places = (set: Partial<Creation> = {}): Places => new Places(account, { ...CREATION, ...set }, context.log)
const target = (group: string, stream: string): Target => ({ group, stream }) as Target

test('what is missing is made, the group first where it is missing too', async () => {
  expect(await places().make(target('g', 's'), never)).toBeUndefined()
  expect(account.groups.get('g')?.streams).toEqual(new Set(['s']))
  expect(account.asked).toBe(3)
})

test('that it is there already is what was wanted', async () => {
  account.groups.set('g', { streams: new Set(['s']), days: undefined })
  expect(await places().make(target('g', 's'), never)).toBeUndefined()
})

test('whoever needs the same waits for the same: one group, each stream once', async () => {
  const all = places()
  const made = await Promise.all(['a', 'a', 'b', 'c', 'a'].map(async (stream) => await all.make(target('g', stream), never)))
  expect(made).toEqual(Array(5).fill(undefined))
  expect(account.groups.get('g')?.streams).toEqual(new Set(['a', 'b', 'c']))
  // three streams find no group, which is made once, and are made then
  expect(account.asked).toBe(7)
})

test('a name with the separator of another is another', async () => {
  const all = places()
  await Promise.all([all.make(target('g', 's'), never), all.make(target('g/s', ''), never)])
  expect([...account.groups.keys()].sort()).toEqual(['g', 'g/s'])
})

test('nothing is made that may not be, and the option that would let it is named', async () => {
  expect(await places({ streams: false }).make(target('g', 's'), never)).toEqual({
    kind: 'target', alarm: true, reason: 'the stream s of g is missing, and auto_create_stream is off'
  })
  expect(await places({ groups: false }).make(target('g', 's'), never)).toEqual({
    kind: 'target', alarm: true, reason: 'the group g is missing, and auto_create_group is off'
  })
  expect(account.groups.size).toBe(0)
})

test('a name that cannot be is wrong for all its events', async () => {
  account.errors.push(error('InvalidParameterException', 'bad'))
  expect(await places().make(target('g', 's'), never)).toMatchObject({ kind: 'names', alarm: true, reason: 'InvalidParameterException: bad' })
})

test('a conflict passes', async () => {
  account.groups.set('g', { streams: new Set(), days: undefined })
  account.errors.push(error('OperationAbortedException'))
  expect(await places().make(target('g', 's'), never)).toBeUndefined()
})

test('a conflict that stays is given up for now, and at once when the agent stops', async () => {
  const stop = AbortSignal.abort()
  account.errors.push(...Array.from({ length: 4 }, () => error('OperationAbortedException')))
  expect(await places().make(target('g', 's'), stop)).toEqual({ kind: 'target', reason: 'OperationAbortedException: why' })
  expect(account.asked).toBe(4)
})

test('what failed is tried anew the next time', async () => {
  const all = places()
  account.errors.push(error('ThrottlingException'))
  expect(await all.make(target('g', 's'), never)).toMatchObject({ kind: 'down', throttled: true })
  expect(await all.make(target('g', 's'), never)).toBeUndefined()
})

test('a group that is made gets its retention, one that was there does not', async () => {
  account.groups.set('old', { streams: new Set(), days: undefined })
  const all = places({ retentionDays: 30 })
  for (const group of ['old', 'new']) {
    await all.make(target(group, 's'), never)
    all.taken(group)
  }
  await new Promise((resolve) => { setImmediate(resolve) })
  expect([account.groups.get('old')?.days, account.groups.get('new')?.days]).toEqual([undefined, 30])
})

test('put_retention_policy sets it on groups that were there, when they have taken something', async () => {
  account.groups.set('old', { streams: new Set(['s']), days: 7 })
  places({ retentionDays: 30, retainExisting: true }).taken('old')
  await expect.poll(() => account.groups.get('old')?.days).toBe(30)
})

test('a retention that could not be set is told, and keeps nothing from being made', async () => {
  account.retainErrors = 1
  expect(await places({ retentionDays: 30 }).make(target('g', 's'), never)).toBeUndefined()
  expect(context.logged).toEqual(['The retention of g could not be set, and will be tried again: ThrottlingException: slow down'])
})
