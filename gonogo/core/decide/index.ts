import type { PhaseId, Stage } from '../checklist.ts'
import type { FinalStatus } from '../events.ts'
import { gateView } from '../gates.ts'
import { nextPromptAt } from '../presence.ts'
import { type DeploymentState, isProductionChanged, openDrift } from '../state.ts'
import { deployEffects, type Keyed } from '../strategies.ts'
import { checkCommands, isComplete, isMeasured } from './checks.ts'
import { beginsChange, CLEANUP_KEY, type Command, inOrder, insistently, record } from './command.ts'
import { decideRollback } from './rollback.ts'
import { rollbackReason } from './rollback-reason.ts'
import { decideShift } from './shift.ts'

/**
 * What to do next. Pure: no clock, no I/O, no randomness; the same log and moment give the same commands.
 * Going back is asked first; then each stage says what it still wants. One record at a time: it changes the state, and
 * the next is decided on that.
 */
export function decide(state: DeploymentState, now: number): readonly Command[] {
  if (state.closed) return []
  if (state.rollback) return decideRollback(state, now)
  const reason = rollbackReason(state, now)
  if (reason) {
    const { detectedAfterMs = null, numbers = null } = state.analysis?.event ?? {}
    return [record({ type: 'rollbackDecided', ...reason, detectedAfterMs, numbers })]
  }
  if (isCalledOff(state)) return [record({ type: 'closed', status: 'not-started' })]
  const checks = checkCommands(state, now)
  if (state.paused) return checks
  const commands = [...checks, ...STAGES[state.stage](state, now)]
  return openDrift(state) === null ? commands : commands.filter((one) => !beginsChange(one))
}

/** An abort before anything was changed needs no way back. */
const isCalledOff = (state: DeploymentState): boolean =>
  !isProductionChanged(state) && state.decisions.some((d) => d.event.statement.action === 'abort')

const STAGES: Readonly<Record<Stage, (state: DeploymentState, now: number) => readonly Command[]>> = {
  planning: (state, now) => throughGate(state, 'planning', 'preparation', now),
  preparation: (state, now) => throughGate(state, 'preparation', 'prechecks', now),
  prechecks: (state, now) => throughGate(state, 'execution', 'startup', now),
  startup: (state, now) => {
    const deployed = inOrder(state, deployEffects(state))
    if (!deployed.done) return deployed.commands
    return isComplete(state, 'startup', now) ? enter('smoke') : []
  },
  smoke: (state, now) => (isComplete(state, 'smoke', now) ? enter('shift') : []),
  shift: decideShift,
  validate: (state, now) => {
    if (!isComplete(state, 'validate', now)) return []
    if (state.watch) return enter('firstHour')
    const { firstHour, watch } = state.opened.policy
    return [
      record({
        type: 'watchStarted',
        firstHourEndsAtMs: now + Math.min(firstHour, watch),
        endsAtMs: now + watch,
      }),
    ]
  },
  firstHour: (state, now) => {
    const askAt = nextPromptAt(state) ?? Number.POSITIVE_INFINITY
    if (askAt <= now)
      return [record({ type: 'presenceAsked', dueAtMs: now + state.opened.policy.presence.within })]
    const next = watchUntil(state, state.watch?.event.firstHourEndsAtMs ?? now, 'watch', now)
    return Number.isFinite(askAt) ? [...next, { kind: 'wait', untilMs: askAt }] : next
  },
  watch: (state, now) => watchUntil(state, state.watch?.event.endsAtMs ?? now, 'documentation', now),
  documentation: (state, now) => {
    const told = insistently(state, documentationEffects(state), now)
    if (!told.done) return told.commands
    return isComplete(state, 'documentation', now) ? enter('cleanup') : []
  },
  cleanup: (state, now) => {
    const cleaned = insistently(state, [cleanupEffect(state)], now)
    if (!cleaned.done) return cleaned.commands
    if (state.gates.watch) return [record({ type: 'closed', status: finalStatus(state) })]
    const gate = gateView(state, 'watch', now)
    return gate.isOpen ? [openGate(gate)] : []
  },
  rollback: () => [],
}

const enter = (stage: Stage): Command[] => [record({ type: 'stageEntered', stage })]

function throughGate(state: DeploymentState, gate: PhaseId, next: Stage, now: number): readonly Command[] {
  if (state.gates[gate]) return enter(next)
  const view = gateView(state, gate, now)
  // A checklist without this gate asks nobody, but what it lists must hold all the same.
  if (!state.opened.plan.gates[gate]) return view.blockers.length === 0 ? enter(next) : []
  return view.isOpen ? [openGate(view)] : []
}

const openGate = (view: ReturnType<typeof gateView>): Command =>
  record({
    type: 'gateOpened',
    gate: view.gate,
    evidenceRoot: view.evidenceRoot,
    votes: view.votes.map((v) => v.person ?? ''),
  })

/** The clock is the log's: what is due stands there as an absolute time. Items may stay open; the last gate asks for them. */
function watchUntil(state: DeploymentState, dueAt: number, next: Stage, now: number): readonly Command[] {
  if (now < dueAt) return [{ kind: 'wait', untilMs: dueAt }]
  return isMeasured(state, state.stage) ? enter(next) : []
}

function documentationEffects(state: DeploymentState): Keyed[] {
  const told: Keyed[] = state.opened.audiences.map((audience) => ({
    key: `notify:completed:${audience}`,
    effect: {
      kind: 'notify',
      audience,
      message: `Deployment of ${state.opened.service} ${state.opened.release.version} completed`,
    },
  }))
  return [...told, { key: 'report:report', effect: { kind: 'report', name: 'report' } }]
}

/** Ends the old version by its digest's name, only now that the watch is over. */
const cleanupEffect = (state: DeploymentState): Keyed => ({
  key: CLEANUP_KEY,
  effect: { kind: 'cleanup', keep: [state.opened.release.version] },
})

/** Success with issues: something was waived after production had changed. An extended step is the analysis at work. */
function finalStatus(state: DeploymentState): FinalStatus {
  const since = state.gates.execution?.at ?? Number.POSITIVE_INFINITY
  const waived = Object.values(state.items).some((item) => item.waiver && item.waiver.at > since)
  return waived ? 'success-with-issues' : 'success'
}
