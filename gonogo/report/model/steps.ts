import type { ArmNumbers, Numbers } from '#core/events.ts'
import type { DeploymentState } from '#core/state.ts'
import type { ReportInput } from '../report-input.ts'
import { bucket, duration, iso, percent, plural } from '../wording.ts'
import { nameOf } from './signatures.ts'

export type StepEntry = {
  readonly weight: number
  readonly startedAt: string | null
  readonly decidedAt: string | null
  readonly wait: string
  readonly extended: boolean
  readonly canary: ArmWords
  readonly baseline: ArmWords | null
  readonly decision: 'proceed' | 'rollback' | null
  readonly by: string | null
  readonly sentence: string
  /** The numbers of the document's own queries at that moment; null where none were kept. */
  readonly appendixC: string | null
}

export type ArmWords = { readonly requests: string; readonly errorRate: string; readonly p95: string }

export type StepOutcome = {
  readonly decision: 'proceed' | 'rollback'
  readonly at: number
  readonly by: string | null
  readonly sentence: string
  readonly numbers: Numbers | null
}

/** How a step ended: by its own decision, or cut short by a rollback. Null while neither came. */
export function stepOutcome(state: DeploymentState, index: number): StepOutcome | null {
  const step = state.steps.find((s) => s.step === index)
  if (step?.decision) {
    const { decision, by, sentence, numbers } = step.decision.event
    return { decision, by, sentence, numbers, at: step.decision.at }
  }
  if (!step || !state.rollback) return null
  const { by, reason, numbers } = state.rollback.decided.event
  return { decision: 'rollback', by, sentence: reason, numbers, at: state.rollback.decided.at }
}

/** Every planned step, those never reached too, with the numbers its decision was made on. */
export const stepEntries = ({ state }: ReportInput): StepEntry[] =>
  state.opened.plan.steps.map((planned, index) => {
    const step = state.steps.find((s) => s.step === index)
    const ended = stepOutcome(state, index)
    return {
      weight: planned.weight,
      startedAt: step ? iso(step.startedAt) : null,
      decidedAt: ended ? iso(ended.at) : null,
      wait: duration(planned.waitMs),
      extended: step?.extended ?? false,
      canary: armWords(ended?.numbers?.canary ?? null),
      baseline: ended?.numbers && !ended.numbers.baseline ? null : armWords(ended?.numbers?.baseline ?? null),
      decision: ended?.decision ?? null,
      by: ended ? (ended.by ? nameOf(state, ended.by) : 'the analysis') : null,
      sentence: ended?.sentence ?? (step ? 'under way' : 'not reached'),
      appendixC: appendixCWords(ended?.numbers ?? null),
    }
  })

function appendixCWords(numbers: Numbers | null): string | null {
  if (!numbers?.appendixC) return null
  const { windowMs, canary, baseline } = numbers.appendixC
  const arm = (one: ArmNumbers) => `${armWords(one).errorRate} errors, p95 ${armWords(one).p95}`
  const before = baseline ? `; before ${arm(baseline)}` : ''
  return `Appendix C, over ${duration(windowMs)}: ${arm(canary)}${before}`
}

export function armWords(arm: ArmNumbers | null): ArmWords {
  if (!arm) return { requests: 'not recorded', errorRate: 'not recorded', p95: 'not recorded' }
  return {
    requests: `${plural(arm.requests, 'request')}, ${arm.errors} failed`,
    errorRate: arm.errorRatio === null ? 'no requests' : percent(arm.errorRatio),
    p95: arm.p95Ms ? bucket(arm.p95Ms) : 'not measured',
  }
}
