import { type AnalysisPolicy, defaultAnalysisPolicy } from '#analysis/index.ts'
import type { Opened } from '#core/events.ts'
import type { PlanStep } from '#core/planned.ts'
import type { Release } from '#core/release.ts'
import type { Policy } from '#core/service.ts'

/** The policy that a deployment was opened with. */
export const analysisPolicy = ({ policy, plan, release }: Opened): AnalysisPolicy =>
  analysisPolicyOf(policy, plan.steps, release.risk)

/** The service file's rollback block in the analysis' own terms (ratios and weights 0…1, ms). */
export function analysisPolicyOf(
  { rollback, watch }: Policy,
  steps: readonly PlanStep[],
  risk: Release['risk'],
): AnalysisPolicy {
  // A log may be older than these two.
  const { ruleOut, harmBudget } = rollback as Partial<Policy['rollback']>
  return {
    ...defaultAnalysisPolicy,
    mode: rollback.mode,
    alpha: rollback.alpha,
    intervalMs: rollback.interval,
    warmUpMs: rollback.warmUp,
    maxBlindMs: rollback.maxBlind,
    thresholds: {
      errorRate: rollback.errorRate / 100,
      errorRatio: rollback.errorRatio,
      p95Ms: rollback.p95Ms,
      p95Ratio: rollback.p95Ratio,
    },
    literal: { windowMs: rollback.window, minBadRequests: rollback.minBadRequests },
    ruleOut: ruleOut
      ? (ruleOut[risk] ?? ruleOut.default).map(({ weight, ratio }) => ({ weight: weight / 100, ratio }))
      : defaultAnalysisPolicy.ruleOut,
    harmBudget: harmBudget
      ? { ...harmBudget, steps: steps.map(({ weight, waitMs }) => ({ weight: weight / 100, waitMs })) }
      : null,
    plannedDurationMs: steps.reduce((sum, step) => sum + step.waitMs, 0) + watch,
  }
}
