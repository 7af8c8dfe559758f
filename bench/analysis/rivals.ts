import { quantile, type Rule, rivalRules } from '../../gonogo/analysis/simulation/index.ts'
import { detectionSeconds, ourRule, play, policy, type Run } from './setting.ts'

export const RIVALS: readonly Rule[] = [ourRule, ...rivalRules(policy)]

export type RivalRow = {
  readonly rule: string
  /** Per healthy hour at 100 and 1000 requests/s, 0…1. */
  readonly falseRollbacks: readonly number[]
  /** Median seconds for each fault of `FAULTS`; Infinity: most were not found within the hour. */
  readonly medians: readonly number[]
}

export const FAULTS = [1, 0.05, 0.02, 0.005] as const

/** The same traffic under every rule: each rule sees the same seeds. */
export function rival(rule: Rule, run: Run): RivalRow {
  const seed = run.seed * 1000 + 500
  return {
    rule: rule.name,
    falseRollbacks: [100, 1000].map((perSecond, i) => {
      const ends = play({ ...run, seed: seed + i }, rule, perSecond, null)
      return ends.filter((e) => e.end === 'rolledBack').length / ends.length
    }),
    medians: FAULTS.map((errorRate, i) =>
      quantile(detectionSeconds(play({ ...run, seed: seed + 10 + i }, rule, 100, { errorRate })), 0.5),
    ),
  }
}
