/** What the storage options of service, inputs and outputs mean to the buffer. */
import type { StoreOptions } from '../buffer/store.ts'
import type { Plan } from '../config/plan.ts'
import type { Log } from '../plugin/context.ts'

/** Why records were given up before their output had them; the ledger has how many. */
const GIVEN_UP: { readonly [reason: string]: string } = {
  total_limit_size: 'The oldest records were given up, since more wait for this output than its storage.total_limit_size.',
  memrb: 'The oldest records were given up, since their input has storage.type memrb and mem_buf_limit is reached.',
  unclaimed: 'Records of an output that is no longer configured were given up, since the buffer is full.',
  corrupt: 'A frame of the buffer is damaged: its records are lost to this output unless their files can be read again.'
}

/** `logOf` gives the log of an output, which hears of records that are given up before it had them. */
export function storeOptions({ service, inputs, outputs }: Plan, directory: string, logOf: (output: string) => Log): StoreOptions {
  return {
    directory,
    syncEveryFrame: service['storage.sync'] === 'full',
    keepsCorrupt: !service['storage.delete_irrecoverable_chunks'],
    limit: service['storage.total_limit_size'],
    inputs: inputs.map(({ label, storage, common }) => ({ name: label, storage, memoryLimit: common.mem_buf_limit })),
    outputs: outputs.map(({ label, common }) => ({ name: label, totalLimit: finite(common['storage.total_limit_size']) })),
    gaveUp: (output, reason, records) => logOf(output).warn(GIVEN_UP[reason] ?? 'Records were given up.', { reason, records })
  }
}

function finite(limit: number | undefined): number | undefined {
  return limit === Infinity ? undefined : limit
}
