import type { Stage } from '../checklist.ts'
import { needsRecheck } from '../deployment-proof.ts'
import { appliesNow, isReached, isStale, itemStatus, stageIndex } from '../items.ts'
import type { PlanItem } from '../planned.ts'
import { type DeploymentState, emptyItem } from '../state.ts'
import { deployEffects } from '../strategies.ts'
import { isGood } from '../verdict.ts'
import { CLEANUP_KEY, type Command } from './command.ts'

/** A new instance may need a moment: items of the startup and smoke stages are looked at again this soon. */
const QUICK_RETRY_MS = 1000
const QUICK_STAGES: readonly Stage[] = ['startup', 'smoke', 'validate', 'rollback']

export const itemsOfStage = (state: DeploymentState, stage: Stage): readonly PlanItem[] =>
  state.opened.plan.items.filter((item) => item.stage === stage)

/** True when every item of the stage is good. A stage without items is complete. */
export const isComplete = (state: DeploymentState, stage: Stage, now: number): boolean =>
  itemsOfStage(state, stage).every((item) => isGood(itemStatus(state, item, now).state))

/** True when every bound check of the stage has said something since the stage was entered. */
export function isMeasured(state: DeploymentState, stage: Stage): boolean {
  return itemsOfStage(state, stage).every((item) => {
    if (!item.bound || appliesNow(state, item).applies !== 'yes') return true
    return (state.items[item.id]?.check?.at ?? 0) >= (state.stageEnteredAt[stage] ?? 0)
  })
}

/** The checks that want a run now, and when the next one will. */
export function checkCommands(state: DeploymentState, now: number): Command[] {
  const open = state.opened.plan.items.filter((item) => isOpenToChecks(state, item))
  return open.flatMap((item): Command[] => {
    const dueAt = dueAtOf(state, item, now)
    if (dueAt === null || !after(state, item)) return []
    return dueAt <= now ? [{ kind: 'run', item: item.id }] : [{ kind: 'wait', untilMs: dueAt }]
  })
}

/** Up to the last vote every reached item may open again; afterwards only the current stage's are looked at. */
function isOpenToChecks(state: DeploymentState, item: PlanItem): boolean {
  if (!item.bound || !isReached(state, item) || appliesNow(state, item).applies !== 'yes') return false
  if (state.rollback) return item.stage === 'rollback'
  if (!state.gates.execution) return stageIndex(item.stage) <= stageIndex('prechecks')
  // What is just being started or cleaned up has nothing to show yet; a look at it would be taken for a failure.
  if (item.stage === 'startup' && !isDeployed(state)) return false
  if (item.stage === 'cleanup' && !state.effects[CLEANUP_KEY]?.settled?.ok) return false
  return stageIndex(item.stage) > stageIndex('prechecks') && stageIndex(item.stage) <= stageIndex(state.stage)
}

const isDeployed = (state: DeploymentState): boolean =>
  deployEffects(state).every(({ key }) => state.effects[key]?.settled?.ok)

function dueAtOf(state: DeploymentState, item: PlanItem, now: number): number | null {
  const record = state.items[item.id] ?? emptyItem
  const last = record.check
  if (!last || last.at < (state.stageEnteredAt[item.stage] ?? 0)) return now
  if (needsRecheck(state, item)) return now
  if (last.event.verdict === 'pass') {
    const maxAge = state.opened.checks[item.id]?.maxAgeMs ?? Number.POSITIVE_INFINITY
    if (isStale(state, item, last.at, now)) return now
    return state.gates.execution || !Number.isFinite(maxAge) ? null : last.at + maxAge + 1
  }
  if (itemStatus(state, item, now).state === 'waived') return null
  const isQuick = QUICK_STAGES.includes(item.stage)
  return last.at + (isQuick ? QUICK_RETRY_MS : state.opened.policy.retryEvery)
}

/** An item that reads another's result runs after it has one as new as its own stage asks. */
function after(state: DeploymentState, item: PlanItem): boolean {
  const before = state.opened.checks[item.id]?.after ?? []
  return before.every((id) => {
    const other = state.opened.plan.items.find((i) => i.id === id)
    if (!other?.bound || appliesNow(state, other).applies !== 'yes' || !isReached(state, other)) return true
    return state.items[id]?.check !== null && !needsRecheck(state, other)
  })
}
