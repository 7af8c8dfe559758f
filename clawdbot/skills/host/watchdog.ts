import { readFileSync, writeFileSync } from 'node:fs'
import { CPU_WINDOW_MS, type SkillLimits } from './limits.ts'
import { treeOf, type Usage, usageOf } from './usage.ts'

const LOOK_EVERY_MS = 200
/** A third of what a session of users' processes gets. With less, a skill on a busy machine would not answer in its time. */
const SESSION_NICENESS = '5'

/**
 * Lets a process tree that has started wait for others, looks at it five times a second and calls `stop` once, with the
 * reason, when it is over a limit that the kernel does not hold for a tree: memory of all processes together, processor
 * time over a while.
 * @returns what ends the watching
 */
export function watchProcess(
  pid: number,
  limits: Pick<SkillLimits, 'memoryBytes' | 'cpuSeconds'>,
  stop: (reason: string) => void,
  hasStarted: () => boolean,
): () => void {
  const seen: { at: number; cpuSeconds: number }[] = []
  const timer = setInterval(() => {
    const tree = treeOf(pid)
    if (hasStarted()) for (const one of tree) letOthersGoFirst(one)
    const usage = usageOf(tree)
    const reason = usage && overLimit(usage, limits, seen)
    if (!reason) return
    clearInterval(timer)
    stop(reason)
  }, LOOK_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}

function overLimit(
  { memoryBytes, cpuSeconds }: Usage,
  limits: Pick<SkillLimits, 'memoryBytes' | 'cpuSeconds'>,
  seen: { at: number; cpuSeconds: number }[],
): string | null {
  const now = performance.now()
  seen.push({ at: now, cpuSeconds })
  while ((seen[0]?.at ?? now) < now - CPU_WINDOW_MS) seen.shift()
  if (memoryBytes > limits.memoryBytes) return `it used more than ${limits.memoryBytes} bytes of memory`
  // Time of a child that ended and was not waited for is gone from the sum; less than before is no credit.
  const used = cpuSeconds - (seen[0]?.cpuSeconds ?? cpuSeconds)
  if (used > limits.cpuSeconds)
    return `it used more than ${limits.cpuSeconds} s of processor time within ${CPU_WINDOW_MS / 1000} s`
  return null
}

/**
 * Where the kernel shares the processors among sessions (autogroup), niceness counts within a session only, and a process
 * may begin a session whenever it likes: each is made to yield as a whole.
 */
function letOthersGoFirst(pid: number): void {
  const file = `/proc/${pid}/autogroup`
  try {
    if (!readFileSync(file, 'utf8').endsWith(` nice ${SESSION_NICENESS}\n`))
      writeFileSync(file, SESSION_NICENESS)
  } catch {
    // It has ended, or this kernel has no such groups.
  }
}
