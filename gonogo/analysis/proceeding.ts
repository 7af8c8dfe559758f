import { evidenceAgainst, ratiosOf, smallestRuledOut } from './evidence.ts'
import { limitBounds } from './latency-bound.ts'
import { RULED_OUT_FROM } from './mirrored-bet.ts'
import { type AnalysisPolicy, type HarmBudget, ratioToRuleOut } from './policy.ts'
import type { AnalysisState } from './state.ts'
import { stepNumbers } from './tally.ts'

/** What has been ruled out at 5 %. `needed` is this weight's ratio, null where there is no old version beside it. */
export type RuledOut = {
  readonly needed: number | null
  /** The needed ratio; or, where neither version had a bad event, an error rate at the limit in its place. */
  readonly ratio: boolean
  /** The new version's error rate is below its limit. */
  readonly errorRate: boolean
  /** Its p95 is below its limit; where the histogram cannot show it, whether a person has accepted that. */
  readonly latencyP95: boolean
}

export function ruledOut(policy: AnalysisPolicy, state: AnalysisState): RuledOut {
  const { evidence } = state
  const needed = state.hasBaseline ? ratioToRuleOut(policy, state.weight) : null
  const largest = largestRatioNotRuledOut(policy, state)
  const isBelow = needed !== null && largest !== null && largest <= needed
  const hasNoBadEvent = evidence.badEvents === 0 && evidence.rate.won
  const canShow = limitBounds(state.ladderMs ?? [], policy.thresholds.p95Ms).accept !== -1
  return {
    needed,
    ratio: needed === null || isBelow || hasNoBadEvent,
    errorRate: evidence.rate.won,
    latencyP95: canShow ? evidence.fast.won : state.latencyGapAccepted,
  }
}

/**
 * "The new version has at most this many times the old one's error rate", at 95 %; null when not even the largest
 * ratio of the grid (1000) is ruled out.
 */
export function largestRatioNotRuledOut(policy: AnalysisPolicy, state: AnalysisState): number | null {
  return ratiosOf(policy)[smallestRuledOut(state.evidence.ratios)] ?? null
}

/** So much evidence against the new version keeps it from proceeding, though it is not enough to roll back. */
export const isSuspect = (state: AnalysisState): boolean => evidenceAgainst(state.evidence) >= RULED_OUT_FROM

/**
 * Failed requests that going on could cost at the next step, were the new version as bad as what is not ruled out:
 * (ratio − 1) × the old version's error rate × the canary's requests at the next step. Null when it cannot be said.
 */
export function harmOfNextStep(policy: AnalysisPolicy, state: AnalysisState): number | null {
  const next = policy.harmBudget?.steps[state.step + 1]
  const ratio = largestRatioNotRuledOut(policy, state)
  const { canary, baseline } = stepNumbers(state)
  const elapsedMs = (state.knownAtMs ?? 0) - (state.stepAtMs ?? 0)
  if (!next || ratio === null || baseline.requests === 0 || elapsedMs <= 0) return null
  return harmOf(ratio, baseline, (canary.requests + baseline.requests) / elapsedMs, next)
}

/** (ratio − 1) × the old version's error rate × the canary's requests at `next`, with `perMs` requests of both versions. */
export const harmOf = (
  ratio: number,
  baseline: { readonly errors: number; readonly requests: number },
  perMs: number,
  next: HarmBudget['steps'][number],
): number => (ratio - 1) * (baseline.errors / baseline.requests) * perMs * next.waitMs * next.weight
