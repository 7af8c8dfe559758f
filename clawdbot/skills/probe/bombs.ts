import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'

export const KINDS = ['memory', 'fork', 'spin', 'disk', 'output'] as const

/** `goal`: bytes, processes, or seconds; a bomb stops there by itself, so that a machine without limits lives on. */
export const bombSchema = z.object({
  kind: z.enum(KINDS),
  goal: z
    .number()
    .positive()
    .max(2 ** 31),
})

export type Bomb = z.output<typeof bombSchema>
export type Blast = {
  kind: Bomb['kind']
  goal: number
  reached: number
  stoppedBy: string | null
  filler?: string
}

const CHUNK = 8 * 1024 * 1024
const FILE = 1024 * 1024

const BOMBS: Readonly<
  Record<Bomb['kind'], (goal: number, reached: (so: number) => void) => Promise<string | null>>
> = {
  memory: async (goal, reached) => {
    const kept: Buffer[] = []
    while (kept.length * CHUNK < goal) {
      kept.push(Buffer.alloc(CHUNK, kept.length + 1))
      reached(kept.length * CHUNK)
      // Whoever watches is given the time to see it.
      await wait(2)
    }
    await wait(300)
    return null
  },
  fork: async (goal, reached) => {
    const children = []
    try {
      for (let count = 1; count <= goal; count++) {
        const child = spawn(process.execPath, ['--jitless', '-e', 'setTimeout(() => {}, 20_000)'], {
          stdio: 'ignore',
        })
        children.push(child)
        await new Promise((resolve, reject) => {
          child.once('spawn', resolve)
          child.once('error', reject)
        })
        reached(count)
      }
      await wait(300)
      const fallen = children.filter(
        ({ exitCode, signalCode }) => exitCode !== null || signalCode !== null,
      ).length
      reached(goal - fallen)
      return fallen === 0 ? null : `${fallen} children fell`
    } finally {
      for (const child of children) child.kill('SIGKILL')
    }
  },
  spin: async (goal, reached) => {
    const { cpuUsage } = process
    const before = cpuUsage()
    const used = () => (cpuUsage(before).user + cpuUsage(before).system) / 1_000_000
    while (used() < goal) reached(used())
    reached(goal)
    return null
  },
  disk: async (goal, reached) => {
    const folder = mkdtempSync(join(tmpdir(), 'bomb-'))
    try {
      const block = Buffer.alloc(FILE, 7)
      for (let files = 1; files * FILE <= goal; files++) {
        writeFileSync(join(folder, String(files)), block)
        reached(files * FILE)
      }
      return null
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
  // The answer itself is the bomb.
  output: async (goal, reached) => {
    reached(goal)
    return null
  },
}

/** Uses up one resource until it reaches the goal or is stopped; being ended altogether leaves no answer at all. */
export async function explode({ kind, goal }: Bomb): Promise<Blast> {
  let reached = 0
  const note = (so: number) => {
    reached = so
  }
  try {
    const stoppedBy = await BOMBS[kind](goal, note)
    return { kind, goal, reached, stoppedBy, ...(kind === 'output' ? { filler: 'x'.repeat(goal) } : {}) }
  } catch (error) {
    return {
      kind,
      goal,
      reached,
      stoppedBy: (error as NodeJS.ErrnoException).code ?? (error as Error).message,
    }
  }
}
