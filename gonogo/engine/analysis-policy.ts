import { type AnalysisPolicy, defaultAnalysisPolicy } from '#analysis/index.ts'
import type { Opened } from '#core/events.ts'

/** The service file's rollback block in the analysis' own terms (ratios 0…1, ms). */
export function analysisPolicy(opened: Opened): AnalysisPolicy {
  const { rollback, watch } = opened.policy
  const steps = opened.plan.steps
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
    plannedDurationMs: steps.reduce((sum, step) => sum + step.waitMs, 0) + watch,
  }
}
