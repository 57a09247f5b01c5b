import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'

/**
 * Cleans up after this process when it dies, however it dies: a shell in a session of its own reads from a pipe what
 * there is (pids to kill, folders to remove), and the end of the pipe is our death.
 */
const script = `
trap '' INT TERM HUP
pids=' ' folders=
while read -r action what; do
  case $action in
    +) pids="$pids$what " ;;
    -) before=\${pids%%" $what "*}; after=\${pids#*" $what "}; pids="$before $after" ;;
    folder) folders="$folders
$what" ;;
  esac
done
for pid in $pids; do kill -9 "$pid"; done 2>/dev/null
IFS='
'
for folder in $folders; do rm -rf "$folder"; done 2>/dev/null
`
let guard: ChildProcess | undefined

function tell (line: string): void {
  if (guard === undefined) {
    guard = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' })
    guard.unref()
    const { stdin } = guard
    // The pipe alone must not keep this process alive.
    if (stdin instanceof Socket) stdin.unref()
    stdin?.on('error', () => {})
  }
  guard.stdin?.write(`${line}\n`)
}

export function killLater (pid: number): void {
  tell(`+ ${pid}`)
}

/** The process has ended: its pid may be another's soon. */
export function killNot (pid: number): void {
  tell(`- ${pid}`)
}

export function removeLater (folder: string): void {
  tell(`folder ${folder}`)
}
