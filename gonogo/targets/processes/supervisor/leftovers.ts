import { readdirSync, readFileSync } from 'node:fs'

/** Environment variable that every process of a supervisor, and whatever it starts, carries. */
export const MARK = 'GONOGO_ENVIRONMENT'

type Found = { readonly pid: number; readonly parent: number; readonly group: number }

/**
 * Ends what is left of the process group that `leader` led. Only processes with the mark: by then the id may belong to
 * somebody else's group.
 */
export function endGroup(mark: string, leader: number): void {
  for (const { pid, group } of markedProcesses(mark)) if (group === leader) kill(pid)
}

/**
 * Ends marked processes that belong to nobody: a child whose id a killed supervisor had no time to write down. What
 * descends from a process in `kept` stays. Returns the ids.
 */
export function endStrays(mark: string, kept: ReadonlySet<number>): number[] {
  const found = new Map(markedProcesses(mark).map((p) => [p.pid, p]))
  const belongs = (pid: number): boolean => {
    const process = found.get(pid)
    return kept.has(pid) || (process !== undefined && (kept.has(process.group) || belongs(process.parent)))
  }
  const strays = [...found.keys()].filter((pid) => pid !== process.pid && !belongs(pid))
  for (const pid of strays) kill(pid)
  return strays
}

/** Reads /proc; on systems without it, nothing is found and only recorded processes are ended. */
function markedProcesses(mark: string): Found[] {
  const wanted = `${MARK}=${mark}`
  return listPids().flatMap((pid) => {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(wanted)) return []
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return [{ pid, parent: Number(fields[1]), group: Number(fields[2]) }]
    } catch {
      // Gone meanwhile, or another user's.
      return []
    }
  })
}

function listPids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone meanwhile.
  }
}
