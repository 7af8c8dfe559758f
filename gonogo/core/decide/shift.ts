import { formatDuration } from '../duration.ts'
import type { Numbers } from '../events.ts'
import { isEntitled } from '../people.ts'
import type { DeploymentState, StepRecord } from '../state.ts'
import { promoteEffect, stepEffects } from '../strategies.ts'
import { type Command, inOrder, record } from './command.ts'

/** A hold may last for hours, and each look is a record. */
const HELD_LOOK_MS = 30_000

/** Step by step: make the weight true, watch it for its wait, then proceed, extend once, or hold for a person. */
export function decideShift(state: DeploymentState, now: number): Command[] {
  const { steps } = state.opened.plan
  for (const [index, step] of steps.entries()) {
    const started = state.steps.find((s) => s.step === index)
    if (started?.decision) continue
    if (started) return decideStep(state, started, now)
    const progress = inOrder(state, stepEffects(state, index))
    if (!progress.done) return [...progress.commands]
    return [record({ type: 'stepStarted', step: index, weight: step.weight, dueAtMs: now + step.waitMs })]
  }
  const promoted = inOrder(state, [promoteEffect(state)])
  return promoted.done ? [record({ type: 'stageEntered', stage: 'validate' })] : [...promoted.commands]
}

function decideStep(state: DeploymentState, step: StepRecord, now: number): Command[] {
  const skip = state.decisions.find(
    ({ seq, event: { statement } }) =>
      statement.action === 'proceed' &&
      seq > step.seq &&
      isEntitled(state.opened, statement.person, 'deployment-lead'),
  )
  const judged = state.analysis
  if (skip) {
    const name = state.opened.roster[skip.event.statement.person]?.name ?? skip.event.statement.person
    const sentence = `${name} skipped the rest of the wait: ${skip.event.statement.reason}`
    return [decided(step, sentence, judged?.event.numbers ?? null, skip.event.statement.person)]
  }
  if (now < step.dueAtMs) return duringWait(state, step, now)
  if (!judged || judged.at < step.dueAtMs) return [{ kind: 'judge' }]
  // What was judged is the step before: nothing has been read at this weight yet.
  if (judged.event.step !== step.step) return nextLook(state, judged.at, now)
  // The harm budget stands in for a person, who is asked after the extension: evidence is waited for first.
  if (judged.event.verdict === 'proceed' && !(judged.event.isOnBudget && !step.extended))
    return state.hold
      ? release('the analysis has its evidence now')
      : [decided(step, judged.event.sentence, judged.event.numbers, null)]
  if (!step.extended) {
    const wait = Math.max(state.opened.plan.steps[step.step]?.waitMs ?? 0, 1000)
    const reason = `${judged.event.isOnBudget ? 'hold' : judged.event.verdict} after ${formatDuration(now - step.startedAt)}: ${judged.event.sentence}`
    return [record({ type: 'stepExtended', step: step.step, dueAtMs: now + wait, reason })]
  }
  if (!state.hold)
    return [record({ type: 'held', reason: `step at ${step.weight} %: ${judged.event.sentence}` })]
  // On hold there is all the time in the world. What changes meanwhile is recorded when it is seen.
  return nextLook(state, judged.at, now, HELD_LOOK_MS)
}

/** One look an interval: in between there is nothing new to judge. */
function nextLook(state: DeploymentState, lookedAt: number, now: number, atLeastMs = 0): Command[] {
  const untilMs = lookedAt + Math.max(state.opened.policy.rollback.interval, atLeastMs)
  return now < untilMs ? [{ kind: 'wait', untilMs }] : [{ kind: 'judge' }]
}

/** Before the wait has passed: early where that is allowed; blind for too long, it holds until it sees again. */
function duringWait(state: DeploymentState, step: StepRecord, now: number): Command[] {
  const judged = state.analysis?.event
  if (judged?.verdict === 'unknown' && judged.blindMs > state.opened.policy.rollback.maxBlind && !state.hold)
    return [record({ type: 'held', reason: `step at ${step.weight} %: ${judged.sentence}` })]
  if (state.hold && judged && judged.verdict !== 'unknown') return release('the counters can be read again')
  if (!judged || !isEarly(state, step)) return [{ kind: 'wait', untilMs: step.dueAtMs }]
  const early = `${formatDuration(step.dueAtMs - now)} ${step.extended ? 'before the extension ends' : 'early'}`
  return [decided(step, `${early}: ${judged.sentence}`, judged.numbers, null)]
}

/**
 * The evidence of this very step is there: evidence, not the harm budget. Within the wait that counts only where the
 * policy allows it; an extension is for nothing but this evidence, and ends with it.
 */
const isEarly = ({ opened, analysis, hold }: DeploymentState, step: StepRecord): boolean =>
  (step.extended || opened.policy.rollback.earlyProceed) &&
  hold === null &&
  analysis?.event.verdict === 'proceed' &&
  !analysis.event.isOnBudget &&
  analysis.event.step === step.step &&
  analysis.at >= step.startedAt

const release = (reason: string): Command[] => [record({ type: 'released', reason })]

const decided = (step: StepRecord, sentence: string, numbers: Numbers | null, by: string | null): Command =>
  record({
    type: 'stepDecided',
    step: step.step,
    weight: step.weight,
    decision: 'proceed',
    sentence,
    numbers,
    by,
  })
