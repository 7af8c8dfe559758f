import { formatDuration } from '../duration.ts'
import type { Numbers } from '../events.ts'
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
  const skip = state.decisions.find((d) => d.event.statement.action === 'proceed' && d.at >= step.startedAt)
  const judged = state.analysis
  if (skip) {
    const name = state.opened.roster[skip.event.statement.person]?.name ?? skip.event.statement.person
    const sentence = `${name} skipped the rest of the wait: ${skip.event.statement.reason}`
    return [decided(step, sentence, judged?.event.numbers ?? null, skip.event.statement.person)]
  }
  if (now < step.dueAtMs && !isEarly(state, step)) return [{ kind: 'wait', untilMs: step.dueAtMs }]
  if (now < step.dueAtMs && judged) {
    const early = `${formatDuration(step.dueAtMs - now)} early: ${judged.event.sentence}`
    return [decided(step, early, judged.event.numbers, null)]
  }
  if (!judged || judged.at < step.dueAtMs || judged.event.step !== step.step) return [{ kind: 'judge' }]
  if (judged.event.verdict === 'proceed')
    return state.hold ? release : [decided(step, judged.event.sentence, judged.event.numbers, null)]
  if (!step.extended) {
    const wait = Math.max(state.opened.plan.steps[step.step]?.waitMs ?? 0, 1000)
    const reason = `${judged.event.verdict} after ${formatDuration(now - step.startedAt)}: ${judged.event.sentence}`
    return [record({ type: 'stepExtended', step: step.step, dueAtMs: now + wait, reason })]
  }
  if (!state.hold)
    return [record({ type: 'held', reason: `step at ${step.weight} %: ${judged.event.sentence}` })]
  // On hold there is all the time in the world. What changes meanwhile is recorded when it is seen.
  const nextLook = judged.at + Math.max(state.opened.policy.rollback.interval, HELD_LOOK_MS)
  return now < nextLook ? [{ kind: 'wait', untilMs: nextLook }] : [{ kind: 'judge' }]
}

/** The policy allows it, and the evidence of this very step is there. */
const isEarly = ({ opened, analysis, hold }: DeploymentState, step: StepRecord): boolean =>
  opened.policy.rollback.earlyProceed &&
  hold === null &&
  analysis?.event.verdict === 'proceed' &&
  analysis.event.step === step.step &&
  analysis.at >= step.startedAt

const release: Command[] = [record({ type: 'released', reason: 'the analysis has its evidence now' })]

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
