import { execFile } from 'node:child_process'
import path from 'node:path'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { Running } from './process.ts'
import { tempFolder } from './temp.ts'
import { eventually } from './wait.ts'

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a process of the tests', () => {
  it('tells how it ended and what it said', async () => {
    const running = new Running({ command: 'sh', args: ['-c', 'echo one; echo two >&2; exit 3'], log: path.join(tempFolder('process'), 'log') })
    expect(await running.exited).toEqual({ code: 3, signal: null })
    expect(running.tail().split('\n').sort()).toEqual(['one', 'two'])
  })

  it('is killed when it does not stop in time', async () => {
    const log = path.join(tempFolder('process'), 'log')
    const running = new Running({ command: 'sh', args: ['-c', "trap '' TERM; echo up; while :; do sleep 0.1; done"], log })
    await eventually('the process is up', () => running.tail() === 'up')
    expect(await running.stop(100)).toEqual({ code: null, signal: 'SIGKILL' })
    expect(alive(running.pid)).toBe(false)
  })

  it('does not outlive the test process, however that dies', async () => {
    const script = `
      const { Running } = await import(${JSON.stringify(path.join(import.meta.dirname, 'process.ts'))})
      const running = new Running({ command: 'sleep', args: ['60'], log: '/dev/null' })
      const gone = new Running({ command: 'true', args: [], log: '/dev/null' })
      await gone.exited
      console.log(running.pid)
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50)`
    const { promise, resolve } = Promise.withResolvers<string>()
    execFile(process.execPath, ['--input-type=module', '-e', script], (_error, stdout) => resolve(stdout))
    const pid = Number(await promise)
    expect(pid).toBeGreaterThan(0)
    await eventually('the child is gone', () => !alive(pid), { timeout: 5000 })
  })
})
