import { defaultAnalysisPolicy } from '../../gonogo/analysis/policy.ts'
import {
  type Noise,
  type Rule,
  rulingOutRule,
  type SimulatedEnd,
  sequentialRule,
  simulate,
  type TrafficModel,
} from '../../gonogo/analysis/simulation/index.ts'

/** The figures' setting: α = 0.001, 1 s, 5 % canary weight, baseline 0.1 % errors, an hour. */
export const HOUR_MS = 3_600_000
export const WEIGHT = 0.05
export const policy = { ...defaultAnalysisPolicy, plannedDurationMs: HOUR_MS }
export const healthy = { errorRate: 0.001, slowShare: 0.0005, overShare: 0.012 }
export const ourRule: Rule = sequentialRule(policy, false)
export const rulesOutTwice: Rule = rulingOutRule(policy, 2)

export type Run = { readonly deployments: number; readonly seed: number }
export type Fault = { readonly errorRate: number; readonly startsAtMs?: number }

/** An hour at 5 % under one rule; `fault` null is a version that makes no difference. */
export function play(
  run: Run,
  rule: Rule,
  requestsPerSecond: number,
  fault: Fault | null,
  noise: Noise = 'independent',
): SimulatedEnd[] {
  const model: TrafficModel = {
    requestsPerSecond,
    healthy,
    fault: fault && { ...healthy, startsAtMs: 0, ...fault },
    noise,
  }
  const steps = [{ weight: WEIGHT, waitMs: HOUR_MS }]
  return simulate({ ...run, rule, model, steps, intervalMs: policy.intervalMs, extensions: 0 })
}

/** Seconds to the rollback, Infinity where none came within the hour. */
export const detectionSeconds = (ends: readonly SimulatedEnd[]): number[] =>
  ends.map((e) => (e.end === 'rolledBack' ? e.atMs / 1000 : Number.POSITIVE_INFINITY))
