/** CPU seconds and peak RSS of a whole process, as the operating system accounts for them. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Figures {
  /** User and system CPU seconds. */
  readonly cpu: number
  readonly wall: number
  /** Peak resident set in megabytes (10^6 bytes). */
  readonly peak: number
  readonly status: number | null
}

/**
 * Runs a command to its end, or for `seconds` and then to its end after SIGTERM. Its CPU comes from bash's `time`, its
 * peak from VmHWM, read often.
 */
export async function measure(command: readonly string[], env: NodeJS.ProcessEnv, seconds?: number): Promise<Figures> {
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const script = `TIMEFORMAT='FIGURES %U %S %R'; time ${quoted} >/dev/null 2>/dev/null`
  const child = spawn('bash', ['-c', script], { env, stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  let text = ''
  child.stderr.on('data', (data: Buffer) => (text += data.toString()))
  let peak = 0
  const watch = setInterval(() => (peak = Math.max(peak, peakOf(child.pid))), 20)
  const end = seconds === undefined ? undefined : setTimeout(() => stopChildren(child.pid), seconds * 1000)
  const status = await new Promise<number | null>((resolve) => child.on('exit', resolve))
  clearInterval(watch)
  clearTimeout(end)
  const found = /FIGURES (\S+) (\S+) (\S+)/.exec(text)
  if (found === null) throw new Error(`no figures from ${command.join(' ')}: ${text}`)
  return { cpu: Number(found[1]) + Number(found[2]), wall: Number(found[3]), peak, status }
}

function childrenOf(pid: number | undefined): string[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
  } catch {
    return []
  }
}

function peakOf(pid: number | undefined): number {
  let most = 0
  for (const child of childrenOf(pid)) {
    try {
      const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child}/status`, 'utf8'))
      if (found) most = Math.max(most, (Number(found[1]) * 1024) / 1e6)
    } catch {
      // it has ended meanwhile
    }
  }
  return most
}

function stopChildren(pid: number | undefined): void {
  for (const child of childrenOf(pid)) process.kill(Number(child), 'SIGTERM')
}
