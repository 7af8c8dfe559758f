import type { AnalysisPolicy } from './policy.ts'

const AT_START = 0.5
const AT_A_RISE = 0.15
const EVENLY = 0.2

/**
 * Share of the stake (0…1) in play `elapsedMs` after the canary's first request: half at the start, .15 at each of the
 * first two rises of the weight, .2 evenly over the planned duration so that late faults meet fresh stake.
 */
export const releasedStake = (policy: AnalysisPolicy, rises: number, elapsedMs: number): number =>
  AT_START +
  AT_A_RISE * Math.min(2, rises) +
  EVENLY * Math.min(1, Math.max(0, elapsedMs) / policy.plannedDurationMs)
