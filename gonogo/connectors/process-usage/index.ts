import { readFile } from 'node:fs/promises'

/** Linux counts processor time in hundredths of a second (USER_HZ) wherever programs can see it. */
const MS_PER_TICK = 10

export type Usage = {
  /** Resident memory in bytes. */
  readonly memoryBytes: number
  /** Processor time used since the process began, in ms. */
  readonly cpuMs: number
}

/** What a process uses, from /proc; null where it is gone or the system does not say. */
export async function readUsage(pid: number): Promise<Usage | null> {
  const [stat, status] = await Promise.all(
    ['stat', 'status'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
  )
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1]
  // The second field is the program's name in parentheses, which may hold anything.
  const fields = (stat ?? '').slice((stat ?? '').lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  if (kilobytes === undefined || !Number.isFinite(ticks)) return null
  return { memoryBytes: Number(kilobytes) * 1024, cpuMs: ticks * MS_PER_TICK }
}
