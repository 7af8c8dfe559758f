import { betOnHarm, betOnHealth, type Circumstances, type Stakes, stakesOf } from '../betting.ts'
import { type Evidence, evidenceAgainst, SLOW_SHARE, smallestRuledOut, startEvidence } from '../evidence.ts'
import { RULED_OUT_FROM } from '../mirrored-bet.ts'
import { type AnalysisPolicy, ratioToRuleOut } from '../policy.ts'
import { harmOf } from '../proceeding.ts'
import { releasedStake } from '../released-stake.ts'
import type { MutableArm } from './arm.ts'
import type { Rule, Watcher } from './rule.ts'

/**
 * gonogo's own rule on aggregated intervals: the same bets in the same order as `observe`. `withHealth: false` leaves
 * out the bets for proceeding where only rollbacks are counted.
 */
export const sequentialRule = (
  policy: AnalysisPolicy,
  withHealth: boolean,
  isEarly = false,
): Omit<Rule, 'start'> & { readonly start: () => SequentialWatcher } => ({
  name: `gonogo, α = ${policy.alpha}${isEarly ? ', early' : ''}`,
  isEarly,
  start: () => new SequentialWatcher(policy, stakesOf(policy), withHealth),
})

type MutableCircumstances = { -readonly [K in keyof Circumstances]: Circumstances[K] }

class SequentialWatcher implements Watcher {
  readonly evidence: Evidence
  readonly #policy: AnalysisPolicy
  readonly #stakes: Stakes
  readonly #withHealth: boolean
  readonly #line: number
  readonly #how: MutableCircumstances
  #weight = 0
  #rises = 0
  #step = -1
  #inStep = { sinceMs: 0, requests: 0, baseline: { requests: 0, errors: 0 } }

  constructor(policy: AnalysisPolicy, stakes: Stakes, withHealth: boolean) {
    this.evidence = startEvidence(policy)
    this.#policy = policy
    this.#stakes = stakes
    this.#withHealth = withHealth
    this.#line = 1 / policy.alpha
    this.#how = {
      released: 0,
      isAlone: false,
      isSlowArmed: false,
      isFastArmed: false,
      isRatioArmed: false,
      errorLimit: policy.thresholds.errorRate,
      slowLimit: SLOW_SHARE,
    }
  }

  sees(canary: MutableArm, baseline: MutableArm, weight: number, atMs: number): boolean {
    if (canary.requests === 0) return false
    if (weight !== this.#weight) this.#enterStep(weight, atMs)
    this.#inStep.requests += canary.requests + baseline.requests
    this.#inStep.baseline.requests += baseline.requests
    this.#inStep.baseline.errors += baseline.errors
    const how = this.#how
    const isWarm = atMs > this.#policy.warmUpMs
    how.released = releasedStake(this.#policy, this.#rises, atMs)
    how.isAlone = weight >= 1
    how.isSlowArmed = isWarm
    how.isFastArmed = isWarm
    how.isRatioArmed = isWarm && this.#policy.latencyRatioArmed
    betOnHarm(this.evidence, this.#stakes, canary, baseline, how)
    if (this.#withHealth) betOnHealth(this.evidence, this.#stakes, canary, baseline, how)
    return evidenceAgainst(this.evidence) >= this.#line
  }

  #enterStep(weight: number, atMs: number): void {
    if (this.#weight > 0) this.#rises = Math.min(2, this.#rises + 1)
    this.#weight = weight
    this.#step++
    const sinceMs = atMs - this.#policy.intervalMs
    this.#inStep = { sinceMs, requests: 0, baseline: { requests: 0, errors: 0 } }
  }

  mayProceed(weight: number, atMs: number, isLast: boolean): boolean {
    const { rate, fast, badEvents } = this.evidence
    if (!rate.won || !fast.won || evidenceAgainst(this.evidence) >= RULED_OUT_FROM) return false
    const needed = ratioToRuleOut(this.#policy, weight)
    if (needed === null || badEvents === 0 || this.hasRuledOut(needed)) return true
    return isLast && this.#isCheapToGoOn(atMs)
  }

  /** As `harmOfNextStep` has it, on this step's own numbers. */
  #isCheapToGoOn(atMs: number): boolean {
    const { harmBudget } = this.#policy
    const next = harmBudget?.steps[this.#step + 1]
    const ratio = this.#stakes.ratios[smallestRuledOut(this.evidence.ratios)]
    const { sinceMs, requests, baseline } = this.#inStep
    if (!harmBudget || !next || ratio === undefined || baseline.requests === 0) return false
    return harmOf(ratio, baseline, requests / (atMs - sinceMs), next) <= harmBudget.maxFailedRequests
  }

  hasRuledOut(ratio: number): boolean {
    const smallest = this.#stakes.ratios[smallestRuledOut(this.evidence.ratios)]
    return smallest !== undefined && smallest <= ratio
  }
}

/** Not a rollback: says when `ratio` times worse is ruled out, with the same interface and clock. */
export const rulingOutRule = (policy: AnalysisPolicy, ratio: number): Rule => ({
  name: `gonogo rules out ${ratio} ×`,
  start: () => {
    const watcher = new SequentialWatcher(policy, stakesOf(policy), true)
    return {
      sees: (canary, baseline, weight, atMs) => {
        watcher.sees(canary, baseline, weight, atMs)
        return watcher.hasRuledOut(ratio)
      },
      mayProceed: () => false,
    }
  },
})
