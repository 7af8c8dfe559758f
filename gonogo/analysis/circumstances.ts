import type { Circumstances } from './betting.ts'
import { type Arms, slowerThan } from './counts.ts'
import { SLOW_SHARE } from './evidence.ts'
import { chooseRatioBound, limitBounds } from './latency-bound.ts'
import type { AnalysisPolicy } from './policy.ts'
import { releasedStake } from './released-stake.ts'
import type { AnalysisState } from './state.ts'

/** Chooses, from earlier intervals only, what a bet may depend on: the latency bound and the frozen limits. */
export function prepare(policy: AnalysisPolicy, state: AnalysisState, totalBefore: Arms): AnalysisState {
  const { thresholds, frozenBaseline, latencyRatioArmed } = policy
  const baseline = totalBefore.baseline
  const isStale = baseline.within.length !== state.ladderMs?.length
  const ratioBoundMs =
    state.ratioBoundMs ??
    (latencyRatioArmed && isWarm(policy, state) && !isStale
      ? chooseRatioBound(baseline, state.ladderMs ?? [], thresholds.p95Ratio)
      : null)
  if (!isAlone(state)) return { ...state, ratioBoundMs, frozen: null }
  const slow = isStale
    ? 0
    : slowerThan(baseline, limitBounds(state.ladderMs ?? [], thresholds.p95Ms).rollback)
  const frozen = state.frozen ?? {
    errorRate: frozenBaseline?.errorRate ?? upperShare(baseline.errors, baseline.requests),
    slowShare: frozenBaseline?.slowShare ?? upperShare(slow, baseline.timed),
  }
  return { ...state, ratioBoundMs, frozen }
}

/** With fewer bad events than this the old version's share is too vague to loosen a limit. */
const MIN_BAD_EVENTS = 20

/** Three standard deviations above the share seen; 0 when too little was. */
function upperShare(bad: number, of: number): number {
  if (bad < MIN_BAD_EVENTS) return 0
  const p = bad / of
  return Math.min(0.5, p + 3 * Math.sqrt((p * (1 - p)) / of))
}

/** The old version has no traffic any more: what is left of it says nothing, and only the absolute limits speak. */
export const isAlone = (state: AnalysisState): boolean => state.weight >= 1 || !state.hasBaseline

/** Latency waits until the canary has been answering for the warm-up. */
export function isWarm(policy: AnalysisPolicy, state: AnalysisState): boolean {
  if (state.firstRequestAtMs === null || state.atMs === null) return false
  return state.atMs - state.firstRequestAtMs > policy.warmUpMs
}

export function circumstances(policy: AnalysisPolicy, state: AnalysisState): Circumstances {
  const bounds = limitBounds(state.ladderMs ?? [], policy.thresholds.p95Ms)
  const warm = isWarm(policy, state)
  return {
    released: releasedStake(policy, state.rises, (state.atMs ?? 0) - (state.firstRequestAtMs ?? 0)),
    isAlone: isAlone(state),
    isSlowArmed: warm && bounds.rollback !== -1,
    isFastArmed: warm && bounds.accept !== -1,
    isRatioArmed: warm && state.ratioBoundMs !== null,
    errorLimit: Math.max(policy.thresholds.errorRate, state.frozen?.errorRate ?? 0),
    slowLimit: Math.max(SLOW_SHARE, state.frozen?.slowShare ?? 0),
  }
}
