import type { Effect } from '../events.ts'
import type { DeploymentState } from '../state.ts'
import { hasMigration, type Keyed, revertEffect } from '../strategies.ts'
import { checkCommands, itemsOfStage } from './checks.ts'
import { type Command, insistently, record } from './command.ts'

/** Looks at the restored version before the rollback is called partial. */
const LOOKS = 3

/** R1…R7. The way back waits for nobody; only what follows it (verify, report) has an order. */
export function decideRollback(state: DeploymentState, now: number): Command[] {
  const back = insistently(state, backEffects(state), now)
  const told = insistently(state, notifyEffects(state), now)
  const telling = told.done ? [] : told.commands
  if (!back.done) return [...back.commands, ...telling]
  if (!state.rollback?.completed) return [...verify(state, now), ...telling]
  const written = insistently(state, reportEffects, now)
  if (!written.done) return [...written.commands, ...telling]
  return [record({ type: 'closed', status: 'rolled-back' })]
}

/** Database last, and only where the old version cannot live with the new schema. */
function backEffects(state: DeploymentState): Keyed[] {
  const { release, stable } = state.opened
  const up = state.effects['migrate:up']
  if (!hasMigration(state) || release.backwardCompatible || !up) return [revertEffect(state)]
  // One that is still under way, or whose end nobody saw, is waited for: after it there is something to undo, or nothing.
  if (!up.settled) return [revertEffect(state), { key: up.key, effect: up.effect }]
  const effect: Effect = { kind: 'migrate', direction: 'down', to: stable?.schemaVersion ?? null }
  return up.settled.ok ? [revertEffect(state), { key: 'migrate:down', effect }] : [revertEffect(state)]
}

function notifyEffects(state: DeploymentState): Keyed[] {
  const reason = state.rollback?.decided.event.reason ?? ''
  return state.opened.audiences.map((audience) => ({
    key: `notify:rollback:${audience}`,
    effect: { kind: 'notify', audience, message: `Rolling back deployment due to ${reason}` },
  }))
}

/** R4–R6: the checks of the rollback stage, at most three looks each; then the outcome is recorded as it is. */
function verify(state: DeploymentState, now: number): Command[] {
  const bound = itemsOfStage(state, 'rollback').filter((item) => item.bound)
  const since = state.rollback?.decided.at ?? now
  const looks = bound.map((item) => {
    const check = state.items[item.id]?.check
    const isNew = check !== null && check !== undefined && check.at >= since
    return {
      isNew,
      isPass: isNew && check.event.verdict === 'pass',
      streak: state.items[item.id]?.streak ?? 0,
    }
  })
  const settled = looks.every((look) => look.isPass || (look.isNew && look.streak >= LOOKS))
  if (!settled) return checkCommands(state, now)
  const passed = looks.filter((look) => look.isPass).length
  // Nobody has looked: the way back was taken, and whether it was enough is not known.
  const isUnverified = looks.length === 0
  const restored = isUnverified ? 'partial' : passed === looks.length ? 'yes' : passed > 0 ? 'partial' : 'no'
  const back = state.effects[revertEffect(state).key]
  const lastRequest = back?.settled?.lastRequestAtMs ?? null
  const trafficZeroAfterMs = lastRequest === null ? null : Math.max(0, lastRequest - since)
  return [
    record({
      type: 'rollbackCompleted',
      restored,
      trafficZeroAfterMs,
      failedRequests: failedRequests(state),
    }),
  ]
}

/** Requests that the new version failed from its first one to its last. */
function failedRequests(state: DeploymentState): number {
  const back = state.effects[revertEffect(state).key]?.settled
  return back?.failedRequests ?? state.analysis?.event.numbers.canary.errors ?? 0
}

const reportEffects: Keyed[] = [{ key: 'report:incident', effect: { kind: 'report', name: 'incident' } }]
