import { type Evidence, ratiosOf, SLOW_SHARE } from './evidence.ts'
import { type MirroredBet, placeMirroredBet, shareWhenWorse } from './mirrored-bet.ts'
import type { AnalysisPolicy } from './policy.ts'
import { evidenceOf, multipliersFrom, placeShareBet, restake, type ShareBet } from './share-bet.ts'

/**
 * One version's events in one interval. Out of `timed`: `slow` is above the bound that rolls back for the p95,
 * `notFast` above the one that accepts it, `over` above the ratio's.
 */
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
  agree(e.errorRate, evidenceOf(e.errorShare))
  agree(e.slowRate, evidenceOf(e.slowShare))
}

function agree(bet: ShareBet, most: number): void {
  const evidence = evidenceOf(bet)
  if (evidence > most) restake(bet, most / evidence)
}
