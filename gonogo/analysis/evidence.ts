import { copyMirroredBet, type MirroredBet, startMirroredBet } from './mirrored-bet.ts'
import type { AnalysisPolicy, Trigger } from './policy.ts'
import { copyShareBet, evidenceOf, type ShareBet, startShareBet } from './share-bet.ts'

/**
 * All bets of one deployment. Rollback: the canary's share of errors, of slow requests and of requests over the ratio's
 * bound, and the rates of the same against fixed limits. Proceeding: `ratios` (one per ratio of `ratiosOf`), an error
 * rate and a p95 below their limits.
 */
export type Evidence = {
  readonly errorShare: ShareBet
  readonly errorRate: ShareBet
  readonly slowShare: ShareBet
  readonly slowRate: ShareBet
  readonly overShare: ShareBet
  readonly overRate: ShareBet
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
const GRID = [1.25, 1.5, 2, 3, 5, 10, 20, 50, 100, 1000] as const

/** The ratios whose "this many times worse" is being ruled out, ascending. */
export const ratiosOf = (policy: AnalysisPolicy): number[] =>
  [...new Set([...GRID, ...policy.ruleOut.map((rule) => rule.ratio)])].sort((a, b) => a - b)

/**
 * Index of the smallest ratio that is ruled out together with every larger one, or -1. Together, because the claim is
 * then wrong only where the bet on the largest ratio not above the true one was won: 5 %, however many ratios are tried.
 */
export function smallestRuledOut(ratios: readonly MirroredBet[]): number {
  const lastOpen = ratios.findLastIndex((bet) => !bet.won)
  return lastOpen === ratios.length - 1 ? -1 : lastOpen + 1
}

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
