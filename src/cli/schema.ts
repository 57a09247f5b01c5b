/** `fantail schema`: the JSON Schema of configurations, for editors. */

import { configurationSchema } from '../config/json-schema.ts'
import { print, type Io } from './io.ts'
import type { Arguments } from './options.ts'
import { loadTables } from './tables.ts'

export async function run(_args: Arguments, io: Io): Promise<number> {
  print(io, JSON.stringify(configurationSchema(await loadTables()), null, 2))
  return 0
}
