import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

const source = JSON.stringify(new URL('../../src/lib/compilers.ts', import.meta.url).pathname)

/** What a process that starts without compilers says of each step. */
function run (script: string): boolean[] {
  const program = `
    import * as compilers from ${source}
    function hot (n) { let sum = 0; for (let i = 0; i < n; i++) sum += i % 7; return sum }
    // a function of its own each time, run until a compiler would have it
    const optimises = () => {
      const one = new Function('n', hot.toString().replace(/^[^{]*/, '').slice(1, -1))
      for (let i = 0; i < 5000; i++) one(100)
      return (%GetOptimizationStatus(one) & 48) !== 0
    }
    const said = []
    const say = () => said.push(optimises())
    ${script}
    console.log(JSON.stringify(said))`
  const flags = ['--allow-natives-syntax', '--no-concurrent-recompilation', '--no-maglev', '--no-turbofan', '--input-type=module']
  return JSON.parse(execFileSync(process.execPath, [...flags, '-e', program], { encoding: 'utf8', timeout: 60_000 })) as boolean[]
}

describe('the compilers', () => {
  it('stay off for little work, and come on once it adds up', () => {
    expect(run(`
      say()
      compilers.tellWork(40_000)
      say()
      compilers.tellWork(40_000)
      say()`)).toEqual([false, false, true])
  })

  it('come on when they are wanted', () => {
    expect(run('compilers.wantCompilers(); say()')).toEqual([true])
  })

  it('come on when the process is busy with something of which nobody tells, but for the start', () => {
    expect(run(`
      const ticks = []
      globalThis.setInterval = (tick) => { ticks.push(tick); return { unref () { return this } } }
      const spend = () => { const until = process.cpuUsage().user + 500_000; while (process.cpuUsage().user < until); }
      compilers.watchCompilers()
      spend()
      ticks[0]()
      say()
      ticks[0]()
      spend()
      ticks[0]()
      say()`)).toEqual([false, true])
  })
})
