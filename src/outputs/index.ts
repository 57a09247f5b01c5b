/** The table of outputs, by the name a configuration gives. */
import type { OutputSpec } from '../plugin/output.ts'
import { es } from './es.ts'
import { nothing } from './null.ts'
import { opensearch } from './opensearch.ts'

export const outputs = { es, null: nothing, opensearch } as unknown as { readonly [name: string]: OutputSpec }
