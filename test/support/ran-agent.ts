/** The state that an agent leaves behind which read three records: of `null` delivered, of `http` waiting for a dead host. */
import { main } from '../../src/cli/main.ts'
import { freePort, tempFolder } from './temp.ts'
import { testIo } from './io.ts'

export async function ranAgent(output: 'null' | 'http'): Promise<string> {
  const state = tempFolder('ran')
  const stop = new AbortController()
  const stopNow = new AbortController()
  setTimeout(() => stop.abort(), 700)
  setTimeout(() => stopNow.abort(), 1500)
  await main([
    '-i', 'dummy', '-p', 'dummy={"a":1}', '-p', 'samples=3', '-p', 'rate=100', '-p', 'storage.type=filesystem',
    '-o', output, ...(output === 'http' ? ['-p', 'host=127.0.0.1', '-p', `port=${await freePort()}`] : []),
    '-b', state, '-f', '0.1', '-q'
  ], { ...testIo(), stop: stop.signal, stopNow: stopNow.signal })
  return `${state}/fantail`
}
