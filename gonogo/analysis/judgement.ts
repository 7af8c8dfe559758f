import type { BucketBounds } from './latency-bound.ts'
import type { Trigger } from './policy.ts'
import type { RuledOut } from './proceeding.ts'
import type { ShareMismatch } from './traffic-share.ts'

/** One version's numbers. `errorRatio` is 0…1, null without requests; p95 as its bucket's bounds in ms. */
export type ArmNumbers = {
  readonly requests: number
  readonly errors: number
  readonly errorRatio: number | null
  readonly p95Ms: BucketBounds | null
}

export type BothArms = { readonly canary: ArmNumbers; readonly baseline: ArmNumbers | null }

export type AnalysisVerdict = 'rollback' | 'proceed' | 'hold' | 'unknown'

export type Judgement = BothArms & {
  readonly verdict: AnalysisVerdict
  /** The step that was observed last; what is configured now may be further. */
  readonly step: number
  /** `proceed` by the harm budget: what was to be ruled out is not. */
  readonly isOnBudget: boolean
  /** What the rollback is for. */
  readonly trigger: Trigger | null
  /** The mixture M, and the line 1/α at which it rolls back. */
  readonly evidence: number
  readonly line: number
  readonly perTrigger: Readonly<Record<Trigger, { readonly evidence: number; readonly weight: number }>>
  /** Times the old version's error rate, at 95 %; null: not even 1000 times. */
  readonly largestRatioNotRuledOut: number | null
  readonly ruledOut: RuledOut
  readonly shareMismatch: ShareMismatch | null
  /** Failed requests that the next step could cost (see `harmOfNextStep`). */
  readonly harmOfNextStep: number | null
  readonly blindMs: number
  readonly isBlindTooLong: boolean
  /** From the first request the canary answered to the decision to roll back. */
  readonly detectedAfterMs: number | null
  /** Appendix C's numbers, over its window. */
  readonly appendixC: BothArms & { readonly windowMs: number }
  readonly sentence: string
}
