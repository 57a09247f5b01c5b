/** The state that an agent leaves behind which read three records: of `null` delivered, of `http` waiting for a dead host. */
import { readLedger } from '../../src/buffer/tools.ts'
import { main } from '../../src/cli/main.ts'
import { freePort, tempFolder } from './temp.ts'
import { testIo } from './io.ts'
import { sleep } from './wait.ts'

export async function ranAgent(output: 'null' | 'http'): Promise<string> {
  const state = tempFolder('ran')
  const stop = new AbortController()
  const stopNow = new AbortController()
  const ended = main([
    '-i', 'dummy', '-p', 'dummy={"a":1}', '-p', 'samples=3', '-p', 'rate=100', '-p', 'storage.type=filesystem',
    '-o', output, ...(output === 'http' ? ['-p', 'host=127.0.0.1', '-p', `port=${await freePort()}`] : []),
    '-b', state, '-f', '0.1', '-q'
  ], { ...testIo(), stop: stop.signal, stopNow: stopNow.signal })
  while (readOf(`${state}/fantail`) < 3) await sleep(50)
  stop.abort()
  if (output === 'http') stopNow.abort()
  await ended
  return `${state}/fantail`
}

function readOf(directory: string): number {
  try {
    return readLedger(directory).inputs['dummy.0']?.read ?? 0
  } catch {
    return 0
  }
}
