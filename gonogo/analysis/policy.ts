/** What can speak against the new version. `errorRatio` and `latencyRatio` compare it with the old one. */
export type Trigger = 'errorRatio' | 'errorRate' | 'latencyP95' | 'latencyRatio'

export const TRIGGERS: readonly Trigger[] = ['errorRatio', 'errorRate', 'latencyP95', 'latencyRatio']

/** Plain data. Ratios and weights are 0…1, times are milliseconds. */
export type AnalysisPolicy = {
  readonly mode: 'sequential' | 'literal'
  /** Greatest chance that a version that makes no difference is rolled back in the whole deployment. */
  readonly alpha: number
  readonly intervalMs: number
  readonly thresholds: {
    readonly errorRate: number
    readonly errorRatio: number
    readonly p95Ms: number
    readonly p95Ratio: number
  }
  /** Latency counts only after the new version has been answering for this long. */
  readonly warmUpMs: number
  /** Unknown for longer than this: the deployment holds. */
  readonly maxBlindMs: number
  /** Appendix C's window, and the bad requests of the new version from which on a ratio counts. */
  readonly literal: { readonly windowMs: number; readonly minBadRequests: number }
  /** From this weight on, "this many times worse" must be ruled out to proceed. Ascending weights; none applies at 1. */
  readonly ruleOut: readonly { readonly weight: number; readonly ratio: number }[]
  readonly plannedDurationMs: number
  /** False when a person has accepted that the histogram has no bound to compare latencies at. */
  readonly latencyRatioArmed: boolean
  /** The old version's shares of failed and of slow requests, for deployments that never run both at once. */
  readonly frozenBaseline: { readonly errorRate: number; readonly slowShare: number } | null
  /** Failed requests that going on without enough evidence may cost at the next step; null: a person decides. */
  readonly harmBudget: HarmBudget | null
}

export type HarmBudget = {
  readonly maxFailedRequests: number
  readonly steps: readonly { readonly weight: number; readonly waitMs: number }[]
}

/** The checklist's criteria and steps (5 → 25 → 50 → 100 %, 15, 15, 30 and 10 min, 24 h of watch). */
export const defaultAnalysisPolicy: AnalysisPolicy = {
  mode: 'sequential',
  alpha: 0.001,
  intervalMs: 1000,
  thresholds: { errorRate: 0.05, errorRatio: 2, p95Ms: 2000, p95Ratio: 3 },
  warmUpMs: 10_000,
  maxBlindMs: 60_000,
  literal: { windowMs: 300_000, minBadRequests: 10 },
  ruleOut: [
    { weight: 0, ratio: 5 },
    { weight: 0.5, ratio: 2 },
  ],
  plannedDurationMs: 90_600_000,
  latencyRatioArmed: true,
  frozenBaseline: null,
  harmBudget: null,
}

/** The ratio that must be ruled out at this weight (0…1), or null where there is no old version to compare with. */
export function ratioToRuleOut(policy: AnalysisPolicy, weight: number): number | null {
  if (weight >= 1) return null
  return policy.ruleOut.findLast((rule) => rule.weight <= weight)?.ratio ?? policy.ruleOut[0]?.ratio ?? null
}
