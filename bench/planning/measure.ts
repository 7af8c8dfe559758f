import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { DeploymentEvent } from '../../gonogo/core/events.ts'
import { toRecorded } from '../../gonogo/engine/journal.ts'
import { openLog } from '../../gonogo/engine/workspace.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

export type PlanningResult = {
  readonly release: string
  readonly checks: number
  /** From the opening to the last proof of phase 1. */
  readonly wallMs: number
  readonly slowest: { readonly item: string; readonly ms: number }
  /** What they would take one after the other. */
  readonly sumMs: number
}

/** Runs the demo and reads out of its log how long phase 1 took beside its slowest check. */
export async function measurePlanning(): Promise<PlanningResult[]> {
  await run(process.execPath, ['gonogo/cli/gonogo.mjs', 'demo', '--json'], { cwd: ROOT, maxBuffer: 2 ** 26 })
  const store = openLog(ROOT)
  try {
    return store.streams().map((id) => planningOf(store.read(id, 0).map(toRecorded)))
  } finally {
    store.close()
  }
}

function planningOf(events: readonly { at: number; event: DeploymentEvent }[]): PlanningResult {
  const opened = events[0]
  if (opened?.event.type !== 'opened') throw new Error('a log that does not start with its opening')
  const phaseOne = new Set(opened.event.plan.items.filter((i) => i.stage === 'planning').map((i) => i.id))
  const end = events.findIndex(({ event }) => event.type === 'stageEntered' && event.stage === 'preparation')
  const first = new Map<string, { ms: number; at: number }>()
  for (const { at, event } of events.slice(0, end))
    if (event.type === 'checkSettled' && phaseOne.has(event.item) && !first.has(event.item))
      first.set(event.item, { ms: event.durationMs, at })
  const slowest = [...first].sort(([, a], [, b]) => b.ms - a.ms)[0]
  if (!slowest) throw new Error('no check ran in phase 1')
  return {
    release: opened.event.release.version,
    checks: first.size,
    wallMs: Math.max(...[...first.values()].map(({ at }) => at)) - opened.at,
    slowest: { item: slowest[0], ms: slowest[1].ms },
    sumMs: [...first.values()].reduce((sum, { ms }) => sum + ms, 0),
  }
}

export function printPlanning(results: readonly PlanningResult[]): void {
  for (const { release, checks, wallMs, slowest, sumMs } of results)
    console.log(
      `\nphase 1 of ${release}: ${checks} checks in ${wallMs} ms; the slowest, ${slowest.item}, took ${slowest.ms} ms (ratio ${(wallMs / slowest.ms).toFixed(2)}); one after the other ${sumMs} ms`,
    )
}
