import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * What tells a process from a later one with the same id: when it started, and in which boot. Null when there is no such
 * process (a zombie is none).
 */
export function identityOf(pid: number): string | null {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid)
}

/** True while the very process that had this identity lives. */
export const isSameProcess = (pid: number, identity: string): boolean => identityOf(pid) === identity

/** Sends a signal to the process, or to its whole group, if it still is the one that was started. True when sent. */
export function signalProcess(
  pid: number,
  identity: string,
  signal: NodeJS.Signals,
  whole: 'process' | 'group',
): boolean {
  if (!isSameProcess(pid, identity)) return false
  try {
    process.kill(whole === 'group' ? -pid : pid, signal)
    return true
  } catch {
    return false
  }
}

function fromProc(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field, the name in brackets, may hold blanks and brackets of its own.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, startedAtTicks] = [fields[0], fields[19]]
    return state === 'Z' || state === 'X' ? null : `${bootId()}/${startedAtTicks}`
  } catch {
    return null
  }
}

let knownBoot: string | null = null
function bootId(): string {
  knownBoot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return knownBoot
}

function fromPs(pid: number): string | null {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    return line.startsWith('Z') ? null : line.replace(/^\S+\s+/, '')
  } catch {
    return null
  }
}
