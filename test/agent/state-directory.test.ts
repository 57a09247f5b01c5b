import { expect, it } from 'vitest'
import { stateDirectory } from '../../src/agent/state-directory.ts'
import type { Plan } from '../../src/config/plan.ts'

function plan(path: string | undefined, dbs: readonly (string | undefined)[] = []): Plan {
  return { service: { 'storage.path': path }, inputs: dbs.map((db) => ({ options: { db } })) } as unknown as Plan
}

it('is a folder of its own below storage.path, else beside the first db', () => {
  expect(stateDirectory(plan('/var/flb', ['/x.db']), {}, true)).toBe('/var/flb/fantail')
  expect(stateDirectory(plan(undefined, [undefined, '/var/flb.db']), {}, true)).toBe('/var/flb.db.fantail')
})

it('is where the environment says, else where the user\'s state belongs', () => {
  expect(stateDirectory(plan(undefined), { FANTAIL_STATE_DIR: '/s' }, true)).toBe('/s')
  expect(stateDirectory(plan(undefined), {}, true)).toBe('/var/lib/fantail')
  expect(stateDirectory(plan(undefined), { XDG_STATE_HOME: '/home/me/.state' }, false)).toBe('/home/me/.state/fantail')
})
