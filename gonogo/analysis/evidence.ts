import {
  copyMirroredBet,
  type MirroredBet,
  placeMirroredBet,
  shareWhenWorse,
  startMirroredBet,
} from './mirrored-bet.ts'
import type { AnalysisPolicy, Trigger } from './policy.ts'
import {
  copyShareBet,
  evidenceOf,
  multipliersFrom,
  placeShareBet,
  restake,
  type ShareBet,
  startShareBet,
} from './share-bet.ts'

/** One version's events in one interval. `slow`, `notFast` and `over` are out of `timed`; see `Bounds`. */
export type ArmEvents = {
  readonly requests: number
  readonly errors: number
  readonly timed: number
  readonly slow: number
  readonly notFast: number
  readonly over: number
}

/** What an interval's bets depend on besides its events, all of it known before it. */
export type Circumstances = {
  /** Share of the stake in play, 0…1. */
  readonly released: number
  /** The new version has all the traffic: the triggers with an absolute limit speak without the old one. */
  readonly isAlone: boolean
  /** Which latency bets can be placed: warm, and the histogram has the bounds. */
  readonly isSlowArmed: boolean
  readonly isFastArmed: boolean
  readonly isRatioArmed: boolean
  /** Shares of failed and of slow requests that are too many. */
  readonly errorLimit: number
  readonly slowLimit: number
}

export type Evidence = {
  readonly errorShare: ShareBet
  readonly errorRate: ShareBet
  readonly slowShare: ShareBet
  readonly slowRate: ShareBet
  readonly overShare: ShareBet
  readonly overRate: ShareBet
  /** One bet per ratio of `ratiosOf(policy)`. */
  readonly ratios: readonly MirroredBet[]
  readonly rate: MirroredBet
  readonly fast: MirroredBet
  wasAlone: boolean
  badEvents: number
}

/** Weights of the four triggers in the rollback decision; they sum to 1. */
export const TRIGGER_WEIGHTS: Readonly<Record<Trigger, number>> = {
  errorRatio: 0.5,
  errorRate: 0.15,
  latencyP95: 0.1,
  latencyRatio: 0.25,
}

/** p95 above a limit means: more than this share of the requests is slower. */
export const SLOW_SHARE = 0.05
const GRID = [1.25, 1.5, 2, 3, 5, 10, 20, 50, 100] as const

/** The ratios whose "this many times worse" is being ruled out, ascending. */
export const ratiosOf = (policy: AnalysisPolicy): number[] =>
  [...new Set([...GRID, ...policy.ruleOut.map((rule) => rule.ratio)])].sort((a, b) => a - b)

export const startEvidence = (policy: AnalysisPolicy): Evidence => ({
  errorShare: startShareBet(),
  errorRate: startShareBet(),
  slowShare: startShareBet(),
  slowRate: startShareBet(),
  overShare: startShareBet(),
  overRate: startShareBet(),
  ratios: ratiosOf(policy).map(startMirroredBet),
  rate: startMirroredBet(),
  fast: startMirroredBet(),
  wasAlone: false,
  badEvents: 0,
})

export const copyEvidence = (e: Evidence): Evidence => ({
  errorShare: copyShareBet(e.errorShare),
  errorRate: copyShareBet(e.errorRate),
  slowShare: copyShareBet(e.slowShare),
  slowRate: copyShareBet(e.slowRate),
  overShare: copyShareBet(e.overShare),
  overRate: copyShareBet(e.overRate),
  ratios: e.ratios.map(copyMirroredBet),
  rate: copyMirroredBet(e.rate),
  fast: copyMirroredBet(e.fast),
  wasAlone: e.wasAlone,
  badEvents: e.badEvents,
})

/** A policy made ready for betting; derived once, because an interval has to cost microseconds. */
export type Stakes = { readonly multipliers: readonly number[]; readonly ratios: readonly number[] }

export const stakesOf = (policy: AnalysisPolicy): Stakes => ({
  multipliers: multipliersFrom(policy.thresholds.errorRatio),
  ratios: ratiosOf(policy),
})

/** The bets of one interval that can lead to a rollback, in place. */
export function betOnHarm(
  e: Evidence,
  stakes: Stakes,
  canary: ArmEvents,
  baseline: ArmEvents,
  how: Circumstances,
): void {
  const { released } = how
  const thetas = stakes.multipliers
  if (how.isAlone && !e.wasAlone) standAlone(e)
  e.wasAlone = how.isAlone
  const share = canary.requests / (canary.requests + baseline.requests)
  const errors = canary.errors + baseline.errors
  placeShareBet(e.errorShare, released, canary.errors, errors, share, thetas)
  placeShareBet(e.errorRate, released, canary.errors, canary.requests, how.errorLimit, thetas)
  const timed = canary.timed / (canary.timed + baseline.timed)
  if (how.isSlowArmed) {
    placeShareBet(e.slowShare, released, canary.slow, canary.slow + baseline.slow, timed, thetas)
    placeShareBet(e.slowRate, released, canary.slow, canary.timed, how.slowLimit, thetas)
  }
  if (how.isRatioArmed && !how.isAlone) {
    placeShareBet(e.overShare, released, canary.over, canary.over + baseline.over, timed, thetas)
    placeShareBet(e.overRate, released, canary.over, canary.timed, SLOW_SHARE, thetas)
  }
}

/** The bets of one interval that can let the deployment proceed, in place. */
export function betOnHealth(
  e: Evidence,
  stakes: Stakes,
  canary: ArmEvents,
  baseline: ArmEvents,
  how: Circumstances,
): void {
  const share = canary.requests / (canary.requests + baseline.requests)
  const errors = canary.errors + baseline.errors
  e.badEvents += errors
  if (share < 1)
    for (let i = 0; i < stakes.ratios.length; i++) {
      const limit = shareWhenWorse(stakes.ratios[i] as number, share)
      placeMirroredBet(e.ratios[i] as MirroredBet, canary.errors, errors, share, limit)
    }
  placeBelow(e.rate, canary.errors, canary.requests, how.errorLimit)
  if (how.isFastArmed) placeBelow(e.fast, canary.notFast, canary.timed, how.slowLimit)
}

/** "Below the limit" is the mirrored bet against five times a share that is a fifth of the limit's odds. */
function placeBelow(bet: MirroredBet, bad: number, events: number, limit: number): void {
  placeMirroredBet(bet, bad, events, shareWhenWorse(0.2, limit), limit)
}

/** When the old version has no traffic any more, what the absolute triggers may claim is what both bets agreed on. */
function standAlone(e: Evidence): void {
  restake(e.errorRate, Math.min(1, evidenceOf(e.errorShare) / evidenceOf(e.errorRate)))
  restake(e.slowRate, Math.min(1, evidenceOf(e.slowShare) / evidenceOf(e.slowRate)))
}

/** Each trigger's evidence. The minimum with the comparison keeps an incident that hits both versions from counting. */
export function triggerEvidence(e: Evidence): Record<Trigger, number> {
  const ratio = evidenceOf(e.errorShare)
  const rate = evidenceOf(e.errorRate)
  const slow = evidenceOf(e.slowRate)
  return {
    errorRatio: ratio,
    errorRate: e.wasAlone ? rate : Math.min(ratio, rate),
    latencyP95: e.wasAlone ? slow : Math.min(evidenceOf(e.slowShare), slow),
    latencyRatio: Math.min(evidenceOf(e.overShare), evidenceOf(e.overRate)),
  }
}

/** The mixture M that is compared with 1/α. */
export function evidenceAgainst(e: Evidence): number {
  const m = triggerEvidence(e)
  return (
    TRIGGER_WEIGHTS.errorRatio * m.errorRatio +
    TRIGGER_WEIGHTS.errorRate * m.errorRate +
    TRIGGER_WEIGHTS.latencyP95 * m.latencyP95 +
    TRIGGER_WEIGHTS.latencyRatio * m.latencyRatio
  )
}
