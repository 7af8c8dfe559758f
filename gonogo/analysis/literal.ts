import { isAlone, isWarm } from './circumstances.ts'
import { type Arms, noCounts, slowerThan } from './counts.ts'
import { SLOW_SHARE } from './evidence.ts'
import { limitBounds, quantileBucket } from './latency-bound.ts'
import type { AnalysisPolicy, Trigger } from './policy.ts'
import type { AnalysisState } from './state.ts'
import { windowNumbers } from './tally.ts'

/** Fewer requests of the new version than this in a step are too few to read a p95 from. */
const MIN_REQUESTS = 20

/**
 * The checklist's criteria read literally on Appendix C's numbers (both versions over the window): the first one
 * crossed, or null. Each counts only from `minBadRequests` bad requests of the new version on, and a ratio is not taken
 * of zeros, nor of what the window still holds of an old version that has no traffic any more. A p95 is its bucket's upper bound; latency waits for the warm-up.
 */
export function literalCrossing(policy: AnalysisPolicy, state: AnalysisState): Trigger | null {
  const window = windowNumbers(policy, state)
  const gone = noCounts(window.baseline.within.length)
  const numbers = isAlone(state) ? { ...window, baseline: gone } : window
  return byErrors(policy, numbers) ?? (isWarm(policy, state) ? byLatency(policy, state, numbers) : null)
}

function byErrors(policy: AnalysisPolicy, { canary, baseline }: Arms): Trigger | null {
  const { errorRate, errorRatio } = policy.thresholds
  if (canary.errors < policy.literal.minBadRequests) return null
  const rate = canary.errors / canary.requests
  if (rate > errorRate) return 'errorRate'
  if (baseline.errors === 0) return null
  return rate >= (errorRatio * baseline.errors) / baseline.requests ? 'errorRatio' : null
}

function byLatency(policy: AnalysisPolicy, state: AnalysisState, numbers: Arms): Trigger | null {
  const { p95Ms, p95Ratio } = policy.thresholds
  const { minBadRequests } = policy.literal
  const ladder = state.ladderMs ?? []
  const { canary, baseline } = numbers
  const slow = slowerThan(canary, limitBounds(ladder, p95Ms).rollback)
  if (slow >= minBadRequests && slow > SLOW_SHARE * canary.timed) return 'latencyP95'
  const mine = quantileBucket(canary, ladder, 0.95)
  const theirs = quantileBucket(baseline, ladder, 0.95)?.[1] ?? null
  if (!mine || theirs === null || (mine[1] ?? Number.POSITIVE_INFINITY) < p95Ratio * theirs) return null
  const beyond = slowerThan(canary, ladder.indexOf(theirs))
  return beyond >= minBadRequests ? 'latencyRatio' : null
}

/** Whether the step has had traffic enough to say that no criterion is crossed. */
export const hasLiteralTraffic = (canaryRequestsOfStep: number): boolean =>
  canaryRequestsOfStep >= MIN_REQUESTS
