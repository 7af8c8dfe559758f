import { readdirSync, readFileSync } from 'node:fs'

export interface Usage {
  memoryBytes: number
  cpuSeconds: number
}

const PAGE = 4096
const TICKS = 100

/** What the processes of a tree use now, by /proc; null where its first has ended. Others that ended count with their parents. */
export function usageOf(tree: readonly number[]): Usage | null {
  const [own, ...children] = tree.map(usageOfOne)
  if (!own) return null
  return children.reduce<Usage>(
    (sum, one) => ({
      memoryBytes: sum.memoryBytes + (one?.memoryBytes ?? 0),
      cpuSeconds: sum.cpuSeconds + (one?.cpuSeconds ?? 0),
    }),
    own,
  )
}

/** Bounded: more processes than this are over every limit already. */
const MOST_PROCESSES = 500

/** A process and its descendants, by /proc. */
export function treeOf(pid: number): number[] {
  const found = [pid]
  for (let i = 0; i < found.length && found.length < MOST_PROCESSES; i++)
    found.push(...childrenOf(found[i] ?? 0))
  return found
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}

function usageOfOne(pid: number): Usage | null {
  try {
    // The name in brackets may hold anything; the numbers stand after it.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const at = (field: number) => fields[field - 3] ?? 0
    const ticks = at(14) + at(15) + at(16) + at(17)
    return { memoryBytes: at(24) * PAGE, cpuSeconds: ticks / TICKS }
  } catch {
    return null
  }
}
