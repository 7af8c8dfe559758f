import type { ArmNumbers } from '#core/events.ts'
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
}

export type ArmWords = { readonly requests: string; readonly errorRate: string; readonly p95: string }

/** Every planned step, those never reached too, with the numbers its decision was made on. */
export const stepEntries = ({ state }: ReportInput): StepEntry[] =>
  state.opened.plan.steps.map((planned, index) => {
    const step = state.steps.find((s) => s.step === index)
    const decided = step?.decision ?? null
    const cut = step && !decided && state.rollback ? state.rollback.decided : null
    const numbers = decided?.event.numbers ?? cut?.event.numbers ?? null
    const by = decided?.event.by ?? cut?.event.by ?? null
    return {
      weight: planned.weight,
      startedAt: step ? iso(step.startedAt) : null,
      decidedAt: decided ? iso(decided.at) : cut ? iso(cut.at) : null,
      wait: duration(planned.waitMs),
      extended: step?.extended ?? false,
      canary: armWords(numbers?.canary ?? null),
      baseline: numbers && !numbers.baseline ? null : armWords(numbers?.baseline ?? null),
      decision: decided?.event.decision ?? (cut ? 'rollback' : null),
      by: decided || cut ? (by ? nameOf(state, by) : 'the analysis') : null,
      sentence: decided?.event.sentence ?? cut?.event.reason ?? (step ? 'under way' : 'not reached'),
    }
  })

export function armWords(arm: ArmNumbers | null): ArmWords {
  if (!arm) return { requests: 'not recorded', errorRate: 'not recorded', p95: 'not recorded' }
  return {
    requests: `${plural(arm.requests, 'request')}, ${arm.errors} failed`,
    errorRate: arm.errorRatio === null ? 'no requests' : percent(arm.errorRatio),
    p95: arm.p95Ms ? bucket(arm.p95Ms) : 'not measured',
  }
}
