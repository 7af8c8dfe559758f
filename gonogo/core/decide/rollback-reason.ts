import { formatDuration } from '../duration.ts'
import type { RollbackDecided } from '../events.ts'
import { itemStatus } from '../items.ts'
import { type DeploymentState, isProductionChanged } from '../state.ts'
import { deployEffects, promoteEffect, stepEffects } from '../strategies.ts'
import { itemsOfStage } from './checks.ts'
import { CLEANUP_KEY, MAX_ATTEMPTS } from './command.ts'

/** A failure counts once it came this often in a row: one look may meet an instance that is just starting. */
const FAILURES_THAT_COUNT = 2

type Reason = Pick<RollbackDecided, 'criterion' | 'reason' | 'by'>

/** Why this deployment must go back now, or null. Asked before anything else, from the first change to the end of the watch. */
export function rollbackReason(state: DeploymentState, now: number): Reason | null {
  if (!isProductionChanged(state) || isOldVersionGone(state)) return null
  const said = byPerson(state)
  if (said || isWatchOver(state)) return said
  return byFault(state) ?? byAnalysis(state) ?? byBlindness(state) ?? byEffect(state) ?? byItem(state, now)
}

/** From the moment that it is being ended there is nothing to go back to. */
export const isOldVersionGone = ({ effects }: DeploymentState): boolean => effects[CLEANUP_KEY] !== undefined

/** The criteria are armed until the watch has ended; a person's word counts until the old version is gone. */
const isWatchOver = (state: DeploymentState): boolean => state.stageEnteredAt.cleanup !== undefined

function byPerson(state: DeploymentState): Reason | null {
  const said = state.decisions.find(
    ({ event }) => event.statement.action === 'abort' || event.statement.action === 'rollback',
  )
  if (!said) return null
  const { person, reason, action } = said.event.statement
  const name = state.opened.roster[person]?.name ?? person
  return { criterion: 'stakeholder-abort', reason: `${name} asked for ${action}: ${reason}`, by: person }
}

function byFault(state: DeploymentState): Reason | null {
  return state.fault
    ? { criterion: state.fault.event.criterion, reason: state.fault.event.detail, by: null }
    : null
}

function byAnalysis(state: DeploymentState): Reason | null {
  const judged = state.analysis?.event
  if (judged?.verdict !== 'rollback' || state.stageEnteredAt.documentation !== undefined) return null
  return { criterion: judged.trigger ?? 'analysis', reason: judged.sentence, by: null }
}

function byBlindness(state: DeploymentState): Reason | null {
  const judged = state.analysis?.event
  const limit = state.opened.policy.rollback.blindLimit
  if (
    judged?.verdict !== 'unknown' ||
    judged.blindMs <= limit ||
    state.stage === 'startup' ||
    state.stage === 'smoke'
  )
    return null
  return {
    criterion: 'blind',
    reason: `nothing could be measured for ${formatDuration(judged.blindMs)}: ${judged.sentence}`,
    by: null,
  }
}

function byEffect(state: DeploymentState): Reason | null {
  const keys = [
    ...deployEffects(state),
    ...state.opened.plan.steps.flatMap((_, i) => stepEffects(state, i)),
    promoteEffect(state),
  ]
  const failed = keys
    .map(({ key }) => state.effects[key])
    .find((e) => e && (e.settled ? !e.settled.ok : e.attempts >= MAX_ATTEMPTS))
  if (!failed) return null
  return {
    criterion: failed.settled?.code ?? 'effect-failed',
    reason: `${failed.key} failed: ${failed.settled?.detail ?? 'no outcome after 5 attempts'}`,
    by: null,
  }
}

function byItem(state: DeploymentState, now: number): Reason | null {
  for (const stage of ['startup', 'smoke', 'validate'] as const) {
    const failed = itemsOfStage(state, stage).find(
      (item) =>
        itemStatus(state, item, now).state === 'failed' &&
        (state.items[item.id]?.streak ?? 0) >= FAILURES_THAT_COUNT,
    )
    const check = failed && state.items[failed.id]?.check
    if (failed && check)
      return {
        criterion: `item ${failed.id}`,
        reason: `${failed.id} ${failed.title}: ${check.event.summary}`,
        by: null,
      }
  }
  return null
}
