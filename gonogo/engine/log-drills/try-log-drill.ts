import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Checklist, itemsOf } from '#core/checklist.ts'
import type { Verdict } from '#core/verdict.ts'
import type { DrillResult } from '../drill.ts'
import { Refusal } from '../exit-codes.ts'
import { DrilledDeployment } from './drilled-deployment.ts'
import { EFFECT_DRILLS } from './effect-drills.ts'
import { GATE_DRILLS } from './gate-drills.ts'
import type { LogDrill } from './log-drill.ts'
import { WATCH_DRILL } from './watch-drill.ts'

/** For each way in which the log proves items, its drill under the first item of the checklist that is proved so. */
export function logDrillsOf(checklist: Checklist): [item: string, drill: LogDrill][] {
  return [...GATE_DRILLS, WATCH_DRILL, ...EFFECT_DRILLS].flatMap((drill): [string, LogDrill][] => {
    const found = itemsOf(checklist).find(({ item }) => item.proof.by === drill.by)
    return found ? [[found.item.id, drill]] : []
  })
}

/** The story without a fault must be proved good, and none of those with one. The first is told once. */
export async function* tryLogDrill(
  checklist: Checklist,
  item: string,
  drill: LogDrill,
): AsyncGenerator<DrillResult> {
  let without: Told | null = null
  for (const { name, expect, plant } of drill.faults) {
    const common = { item, fault: name, expected: expect }
    try {
      without ??= await told(checklist, drill, (d) => drill.ground(d))
      const red = await told(checklist, drill, plant)
      const isGreen = without.verdict === 'pass'
      const summary = isGreen ? red.summary : `not green without the fault: ${without.summary}`
      const ok = isGreen && red.verdict === expect
      yield { ...common, with: red.verdict, without: without.verdict, ok, summary }
    } catch (error) {
      const summary = `the drill itself broke: ${error instanceof Error ? error.message : String(error)}`
      yield { ...common, with: 'unknown', without: 'unknown', ok: false, summary }
    }
  }
}

type Told = { readonly verdict: Verdict; readonly summary: string }

async function told(
  checklist: Checklist,
  { by }: LogDrill,
  story: (d: DrilledDeployment) => Promise<unknown>,
): Promise<Told> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-log-drill-'))
  const d = new DrilledDeployment(folder, checklist)
  try {
    await story(d)
    return d.verdictOf(by)
  } catch (error) {
    // A forged log is not acted on: it proves nothing.
    if (error instanceof Refusal && error.code === 'forged')
      return { verdict: 'unknown', summary: error.message }
    throw error
  } finally {
    d.close()
    await rm(folder, { recursive: true, force: true })
  }
}
