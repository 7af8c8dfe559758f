import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CheckContext } from '#checks/check.ts'
import type { Drill, DrillFault, DrillGround, DrillScratch } from '#checks/drill.ts'
import { CHECKS, DRILLS } from '#checks/registry.ts'
import { drillContext, scratchIn } from '#checks/try-drill.ts'
import type { Json } from '#core/json.ts'
import type { Verdict } from '#core/verdict.ts'
import { runCheck } from './check-runner.ts'
import { Refusal } from './exit-codes.ts'
import { logDrillsOf, tryLogDrill } from './log-drills/try-log-drill.ts'
import type { Workspace } from './workspace.ts'

export type DrillResult = {
  readonly item: string
  readonly fault: string
  /** Verdict with the fault planted, and what it had to be. */
  readonly with: Verdict
  readonly without: Verdict
  readonly expected: 'fail' | 'unknown'
  readonly ok: boolean
  readonly summary: string
}

/**
 * Proves the checks themselves: each must pass on its good ground and come out red for each planted fault. A check whose
 * good ground does not pass proves nothing, so that is a failed drill, too.
 */
export async function drill(
  workspace: Workspace,
  items: readonly string[],
  settled: (result: DrillResult) => void,
): Promise<DrillResult[]> {
  const ofLog = logDrillsOf(workspace.checklist)
  const known = [...DRILLS.map((d) => d.item), ...ofLog.map(([item]) => item)]
  for (const id of items)
    if (!known.includes(id))
      throw new Refusal('no-drill', `${id} has no drill; items with one: ${known.sort().join(', ')}`)
  const isChosen = (item: string) => items.length === 0 || items.includes(item)
  const chosen = DRILLS.filter((d) => isChosen(d.item))
  const results: DrillResult[] = []
  for (const one of chosen)
    for (const result of await drillOne(workspace, one)) {
      results.push(result)
      settled(result)
    }
  for (const [item, one] of ofLog.filter(([item]) => isChosen(item)))
    for await (const result of tryLogDrill(workspace.checklist, item, one)) {
      results.push(result)
      settled(result)
    }
  return results
}

async function drillOne(workspace: Workspace, one: Drill): Promise<DrillResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-drill-'))
  const scratch = { ...scratchIn(folder), root: workspace.root }
  const results: DrillResult[] = []
  try {
    for (const fault of one.faults)
      results.push(await tryFault(workspace, one, fault, scratch, results[0]?.without ?? null))
    return results
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * A fresh ground for each fault: what one fault broke must not help the next one look red. That the check is green on it
 * is tried once (`green`), since every ground is made in the same way.
 */
async function tryFault(
  workspace: Workspace,
  one: Drill,
  fault: DrillFault<unknown>,
  scratch: DrillScratch,
  green: Verdict | null,
): Promise<DrillResult> {
  const common = { item: one.item, fault: fault.name, expected: fault.expect }
  let ground: DrillGround<unknown> | null = null
  try {
    ground = await one.ground(scratch)
    const without = green
      ? { verdict: green, summary: 'as for the first fault' }
      : await judge(workspace, one.item, ground.config, ground.context ?? {}, scratch)
    const planted = await fault.plant(ground, scratch)
    try {
      const red = await judge(
        workspace,
        one.item,
        planted.config ?? ground.config,
        { ...ground.context, ...planted.context },
        scratch,
      )
      const ok = without.verdict === 'pass' && red.verdict === fault.expect
      const summary =
        without.verdict === 'pass' ? red.summary : `not green without the fault: ${without.summary}`
      return { ...common, with: red.verdict, without: without.verdict, ok, summary }
    } finally {
      await planted.close?.()
    }
  } catch (error) {
    const summary = `the drill itself broke: ${error instanceof Error ? error.message : String(error)}`
    return { ...common, with: 'unknown', without: 'unknown', ok: false, summary }
  } finally {
    await ground?.close?.()
  }
}

async function judge(
  workspace: Workspace,
  item: string,
  config: Json,
  overrides: Partial<CheckContext>,
  scratch: DrillScratch,
) {
  const check = CHECKS.get(item)
  if (!check) throw new Error(`no check ${item}`)
  const context = { ...drillContext(scratch.folder, item), service: workspace.service, ...overrides }
  return runCheck(check, config, context, new AbortController().signal)
}
