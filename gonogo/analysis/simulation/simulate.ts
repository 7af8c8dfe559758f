import { emptyArm } from './arm.ts'
import { Random } from './random.ts'
import type { Rule } from './rule.ts'
import { Traffic, type TrafficModel } from './traffic.ts'

export type SimulatedStep = { readonly weight: number; readonly waitMs: number }

export type SimulationPlan = {
  readonly rule: Rule
  readonly model: TrafficModel
  readonly steps: readonly SimulatedStep[]
  readonly intervalMs: number
  /** How often a step's wait is extended before it holds for a person. */
  readonly extensions: number
  readonly deployments: number
  readonly seed: number
}

/** How one simulated deployment ended. Times count from its first interval. */
export type SimulatedEnd = {
  readonly end: 'rolledBack' | 'completed' | 'held'
  readonly atMs: number
  readonly canaryRequests: number
  /** Requests that the canary failed until then, whoever's fault. */
  readonly failedRequests: number
}

/**
 * Plays whole deployments against a traffic model under one rule. At the end of a step's wait the rule is asked: it
 * proceeds, extends the wait, or holds for a person, which ends the simulated deployment. Deterministic by `seed`.
 */
export function simulate(plan: SimulationPlan): SimulatedEnd[] {
  const random = new Random(plan.seed)
  return Array.from({ length: plan.deployments }, () => simulateOne(plan, random))
}

function simulateOne(plan: SimulationPlan, random: Random): SimulatedEnd {
  const { rule, model, steps, intervalMs } = plan
  const watcher = rule.start()
  const traffic = new Traffic(model, random)
  const canary = emptyArm()
  const baseline = emptyArm()
  let atMs = 0
  let canaryRequests = 0
  let failedRequests = 0
  for (const { weight, waitMs } of steps) {
    for (let left = plan.extensions; ; left--) {
      for (const dueMs = atMs + waitMs; atMs < dueMs; ) {
        atMs += intervalMs
        traffic.next(canary, baseline, weight, atMs, intervalMs / 1000)
        canaryRequests += canary.requests
        failedRequests += canary.errors
        if (watcher.sees(canary, baseline, weight, atMs))
          return { end: 'rolledBack', atMs, canaryRequests, failedRequests }
        // An extension ends when its evidence is there.
        const mayEnd = rule.isEarly || left < plan.extensions
        if (mayEnd && watcher.mayProceed(weight, atMs, false)) break
      }
      if (watcher.mayProceed(weight, atMs, left === 0)) break
      if (left === 0) return { end: 'held', atMs, canaryRequests, failedRequests }
    }
  }
  return { end: 'completed', atMs, canaryRequests, failedRequests }
}

/** What `gonogo simulate` prints for one fault under one rule. Times in ms, Infinity where it never came to that. */
export type SimulationSummary = {
  readonly rule: string
  readonly deployments: number
  readonly rolledBack: number
  readonly completed: number
  readonly held: number
  readonly medianRollbackMs: number
  readonly p95RollbackMs: number
  readonly medianFailedRequests: number
  readonly meanCanaryRequests: number
  readonly medianCompletionMs: number
}

export function summarise(rule: string, ends: readonly SimulatedEnd[]): SimulationSummary {
  const rolledBack = ends.filter((e) => e.end === 'rolledBack')
  const completed = ends.filter((e) => e.end === 'completed')
  const times = ends.map((e) => (e.end === 'rolledBack' ? e.atMs : Number.POSITIVE_INFINITY))
  const mean = rolledBack.reduce((sum, e) => sum + e.canaryRequests, 0) / rolledBack.length
  return {
    rule,
    deployments: ends.length,
    rolledBack: rolledBack.length,
    completed: completed.length,
    held: ends.length - rolledBack.length - completed.length,
    medianRollbackMs: quantile(times, 0.5),
    p95RollbackMs: quantile(times, 0.95),
    medianFailedRequests: quantile(
      rolledBack.map((e) => e.failedRequests),
      0.5,
    ),
    meanCanaryRequests: mean,
    medianCompletionMs: quantile(
      ends.map((e) => (e.end === 'completed' ? e.atMs : Number.POSITIVE_INFINITY)),
      0.5,
    ),
  }
}

/** The order statistic at or above the share `q` (0…1); NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN
}
