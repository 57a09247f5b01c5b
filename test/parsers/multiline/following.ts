/** Paths that are followed through joiners. */
import { Pool } from '../../../src/event/pool.ts'
import type { MultilineDefinition } from '../../../src/parsers/shared/definition.ts'
import { createParsers, type ConfiguredParser } from '../../../src/parsers/index.ts'
import type { JoinerOptions } from '../../../src/plugin/context.ts'
import { JoinedPath } from '../reading.ts'

/** What a path is followed with. */
interface Setting extends JoinerOptions {
  readonly own?: readonly MultilineDefinition[]
  readonly parsers?: readonly ConfiguredParser[]
  readonly limit?: number
}

export function follow(names: string, { own = [], parsers = [], limit, ...options }: Setting = {}): JoinedPath {
  const pool = new Pool()
  const configured = own.map(({ rules = [], ...rest }) => ({ name: rest.name, options: rest, rules }))
  const made = createParsers(parsers, configured, pool, { bufferLimit: limit })
  return new JoinedPath(made.joiner(names.split(' '), options), pool)
}

export const texts = (path: JoinedPath): unknown[] => path.sent.map(({ body }) => body['log'])
export const cri = (text: string, tag = 'F', stream = 'stdout', second = 0): string =>
  `2026-11-22T10:00:${String(second).padStart(2, '0')}.000000001Z ${stream} ${tag} ${text}`
export const TEN = Date.parse('2026-11-22T10:00:00Z') / 1000
