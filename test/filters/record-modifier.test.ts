import { describe, expect, it } from 'vitest'
import { build, run, through } from './support.ts'

describe('filter record_modifier', () => {
  it('appends members and replaces the value of a key that is there', async () => {
    expect(await run('record_modifier', { record: ['host node-7', 'a two words'] }, [{ a: 1, b: 2 }]))
      .toEqual(['{"a":"two words","b":2,"host":"node-7"}'])
  })

  it('removes keys without regard to case, and all that begin so with a star', async () => {
    expect(await run('record_modifier', { remove_key: ['PASS', 'tmp_*'] }, [{ pass: 1, password: 2, TMP_a: 3, tmp: 4 }]))
      .toEqual(['{"password":2,"tmp":4}'])
  })

  it('keeps only what is allowed, under either name of the option', async () => {
    expect(await run('record_modifier', { allowlist_key: 'a', whitelist_key: 'c*' }, [{ a: 1, b: 2, cd: 3 }]))
      .toEqual(['{"a":1,"cd":3}'])
  })

  it('drops a record that is left empty', async () => {
    expect(await run('record_modifier', { allowlist_key: 'z' }, [{ a: 1 }])).toEqual([undefined])
    expect(await run('record_modifier', { remove_key: 'a', record: 'b c' }, [{ a: 1 }])).toEqual(['{"b":"c"}'])
  })

  it('gives each record an identifier of its own', async () => {
    const bodies = through(await build('record_modifier', { uuid_key: 'id' }), [{}, {}])
    expect(bodies[0]).toMatch(/^\{"id":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"\}$/)
    expect(bodies[1]).not.toBe(bodies[0])
  })

  it('refuses to remove and allow at once', async () => {
    await expect(build('record_modifier', { remove_key: 'a', allowlist_key: 'b' })).rejects.toMatchObject({ option: 'allowlist_key' })
  })
})
